import type { RequestOptions } from "node:https";

import { RotatingFile, rotatingFileDefaults } from "../net/rotating-file.ts";
import type { RotatingFileObserver } from "../net/rotating-file.ts";
import { isSameMaterial } from "../net/tls-material.ts";
import type { TlsMaterial } from "../net/tls-material.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { AuthorizationHeaders, ClusterAccess } from "./cluster-access.ts";
import { loadKubeconfig } from "./load-kubeconfig.ts";
import type { LoadedContext } from "./load-kubeconfig.ts";

export interface KubeconfigOptions {
  /** In the order of precedence; those that do not exist are left out, as kubectl does. */
  readonly files: readonly string[];
  /** Default: the files' `current-context`. */
  readonly context?: string | undefined;
}

/** What a request needs of the kubeconfig, at this moment. */
interface Credentials {
  readonly material: TlsMaterial;
  readonly headers: AuthorizationHeaders;
}

/** Certificates and keys are read, and an exec plugin is asked for an expired credential, when they are older than that. */
const credentialsMsMax = 10_000;

/** Rejects with an `Error` fit for a person: no file, no such context, no address that can be used. */
export async function kubeconfigAccess(
  options: KubeconfigOptions,
  runtime: Runtime,
  observer?: RotatingFileObserver,
): Promise<ClusterAccess> {
  let loaded = await loadKubeconfig(options.files, options.context);
  checkAddresses(loaded);
  const { cluster, context, file, tokenFile } = loaded;
  const token =
    tokenFile === undefined
      ? undefined
      : new RotatingFile(tokenFile, rotatingFileDefaults, runtime, observer);

  let credentials: Promise<Credentials> | undefined;
  let credentialsMs = 0;
  let lastMaterial: TlsMaterial = {};

  /** One look for TLS and headers, shared by all who ask at the same time. */
  function current(): Promise<Credentials> {
    const nowMs = runtime.monotonicMs();
    if (credentials !== undefined && nowMs - credentialsMs < credentialsMsMax) return credentials;
    const reading = credentialsOf(loaded);
    credentials = reading;
    credentialsMs = nowMs;
    // One that failed is not kept.
    reading.catch(() => {
      if (credentials === reading) credentials = undefined;
    });
    return reading;
  }

  return {
    origin: cluster.server,
    proxyUrl: cluster.proxyUrl === "" ? undefined : cluster.proxyUrl,
    describes: `context "${context}" of ${file}`,
    async tls() {
      const { material } = await current();
      if (!isSameMaterial(material, lastMaterial)) lastMaterial = material;
      return lastMaterial;
    },
    async authorization() {
      // As kubectl: no credential goes out in clear text.
      if (cluster.server.startsWith("http:")) return {};
      const { headers } = await current();
      if (token === undefined || headers["authorization"] !== undefined) return headers;
      const text = await token.text();
      return { ...headers, authorization: `Bearer ${text.trim()}` };
    },
    async refreshAuthorization() {
      token?.expire();
      credentials = undefined;
      try {
        // A new one has no credential cached, and what `kubectl config set-credentials` or a login wrote counts.
        const fresh = await loadKubeconfig(options.files, context);
        if (fresh.cluster.server === cluster.server) loaded = fresh;
      } catch (error) {
        observer?.onFault(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

async function credentialsOf({ config, cluster, context, file }: LoadedContext): Promise<Credentials> {
  // client-node refuses an address in clear text here, though kubectl does not.
  if (cluster.server.startsWith("http:")) return { material: {}, headers: {} };
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    const words = error instanceof Error ? error.message.trim() : String(error);
    throw new Error(`Context "${context}" of ${file} gives no credentials: ${words}`, { cause: error });
  }
  const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
  return {
    material: {
      ca: pemOf(ca),
      cert: pemOf(cert),
      key: pemOf(key),
      servername,
      rejectUnauthorized,
    },
    headers: headersOf(options.headers, auth ?? undefined),
  };
}

function headersOf(given: RequestOptions["headers"], auth: string | undefined): AuthorizationHeaders {
  const headers: Record<string, string> = {};
  if (auth !== undefined) headers["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
  for (const [name, value] of Object.entries(given ?? {})) {
    // A token file ends with a line break, which no header may hold.
    if (typeof value === "string") headers[name.toLowerCase()] = value.trim();
  }
  return headers;
}

function pemOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}

function checkAddresses({ cluster, context, file }: LoadedContext): void {
  const where = `The cluster "${cluster.name}" of context "${context}" of ${file}`;
  if (!/^https?:$/.test(URL.parse(cluster.server)?.protocol ?? "")) {
    throw new Error(`${where} has no address that begins with https:// or http://: ${cluster.server}`);
  }
  const { proxyUrl } = cluster;
  if (proxyUrl !== undefined && proxyUrl !== "" && URL.parse(proxyUrl)?.protocol !== "http:") {
    throw new Error(`${where} has a proxy-url that is not supported; an http:// proxy is`);
  }
}
