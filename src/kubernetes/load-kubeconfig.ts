/**
 * The kubeconfig files and what of them concerns one context. client-node reads them (certificates, tokens, exec plugins,
 * providers); what it leaves out is added here: several files where the first to say a thing wins, `tokenFile`, paths
 * relative to their file, and what an exec plugin is told.
 * Imported lazily: client-node costs half a second and 86 MB.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

import type { Cluster, Context, KubeConfig, User } from "@kubernetes/client-node";
import { parse } from "yaml";

export interface LoadedContext {
  /** Holds nothing but the chosen context, its cluster and its user. */
  readonly config: KubeConfig;
  readonly context: string;
  readonly cluster: Cluster;
  /** Read anew with each request; the one way to a token that client-node does not know. */
  readonly tokenFile: string | undefined;
  /** Where the context was found. */
  readonly file: string;
}

interface Source {
  readonly file: string;
  readonly config: KubeConfig;
  readonly tokenFiles: ReadonlyMap<string, string>;
}

/** Rejects with an `Error` that says which file or context is missing, and which contexts there are. */
export async function loadKubeconfig(
  files: readonly string[],
  contextName: string | undefined,
): Promise<LoadedContext> {
  const present = files.filter((file) => existsSync(file));
  if (present.length === 0) {
    throw new Error(`No kubeconfig: ${files.join(", ")} does not exist; name one with --kubeconfig`);
  }
  const { KubeConfig: Loader } = await import("@kubernetes/client-node");
  const sources = present.map((file) => read(file, new Loader()));

  const name = contextName ?? sources.map(({ config }) => config.currentContext).find((one) => Boolean(one));
  const contexts = sources.flatMap(({ config }) => config.contexts.map((context) => context.name));
  const known = contexts.length === 0 ? "there are none" : `there are: ${[...new Set(contexts)].join(", ")}`;
  const where = present.join(", ");
  if (name === undefined) {
    throw new Error(`No current-context in ${where}; choose one with --context (${known})`);
  }
  const found = firstOf(sources, ({ config }) => config.contexts.find((one) => one.name === name));
  if (found === undefined) throw new Error(`No context "${name}" in ${where} (${known})`);

  const { value: context, source } = found;
  const cluster = firstOf(sources, ({ config }) =>
    config.clusters.find((one) => one.name === context.cluster),
  );
  if (cluster === undefined) {
    throw new Error(
      `Context "${name}" of ${source.file} is for the cluster "${context.cluster}", which is in no file`,
    );
  }
  const user = userOf(sources, context);
  if (user === undefined) {
    throw new Error(
      `Context "${name}" of ${source.file} is for the user "${context.user}", which is in no file`,
    );
  }
  const config = new Loader();
  config.loadFromOptions({
    clusters: [cluster.value],
    users: [user.value],
    contexts: [{ name, cluster: context.cluster, user: user.value.name }],
    currentContext: name,
  });
  const tokenFile = user.source.tokenFiles.get(user.value.name);
  return { config, context: name, cluster: cluster.value, tokenFile, file: source.file };
}

function userOf(sources: readonly Source[], context: Context): Found<User> | undefined {
  const [first] = sources;
  // A context may do without; client-node would then leave out the CA as well.
  if (!context.user) return first === undefined ? undefined : { value: { name: "anonymous" }, source: first };
  const found = firstOf(sources, ({ config }) => config.users.find((one) => one.name === context.user));
  return found === undefined ? undefined : { ...found, value: withExecInfo(found.value, found.source.file) };
}

interface Found<T> {
  readonly value: T;
  readonly source: Source;
}

function firstOf<T>(
  sources: readonly Source[],
  pick: (source: Source) => T | undefined,
): Found<T> | undefined {
  for (const source of sources) {
    const value = pick(source);
    if (value !== undefined) return { value, source };
  }
  return undefined;
}

function read(file: string, config: KubeConfig): Source {
  try {
    config.loadFromFile(file);
    return { file, config, tokenFiles: tokenFilesOf(file) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot read the kubeconfig ${file}: ${words}`, { cause: error });
  }
}

/** User → `tokenFile`: client-node looks for `token-file`, which kubectl does not know. */
function tokenFilesOf(file: string): ReadonlyMap<string, string> {
  const tokenFiles = new Map<string, string>();
  const config: unknown = parse(readFileSync(file, "utf8"));
  for (const entry of listOf(config, "users")) {
    const name = fieldOf(entry, "name");
    const path = fieldOf(fieldOf(entry, "user"), "tokenFile");
    if (typeof name === "string" && typeof path === "string" && path !== "") {
      tokenFiles.set(name, absolute(path, file));
    }
  }
  return tokenFiles;
}

/**
 * What kubectl tells a plugin and client-node does not; some end without it. A command with a slash is relative to the
 * file. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#input-and-output-formats
 */
function withExecInfo(user: User, file: string): User {
  const exec: unknown = user.exec;
  const command = fieldOf(exec, "command");
  if (typeof exec !== "object" || exec === null || typeof command !== "string") return user;
  const info = {
    kind: "ExecCredential",
    apiVersion: fieldOf(exec, "apiVersion"),
    spec: { interactive: false },
  };
  return {
    ...user,
    exec: {
      ...exec,
      command: command.includes("/") ? absolute(command, file) : command,
      env: [...listOf(exec, "env"), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }],
    },
  };
}

function absolute(path: string, file: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}
