/**
 * A small client of the API server for the lab and its oracle, independent of the one under test: HTTP/2 over TLS, one
 * session, opened again when it broke.
 */
import { connect } from "node:http2";
import type { ClientHttp2Session } from "node:http2";

export interface KubeApiOptions {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  readonly caPem: string;
  readonly certPem?: string;
  readonly keyPem?: string;
  readonly token?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** The body as JSON; throws where it is none. */
  json(): unknown;
}

/** A Kubernetes object as far as the lab looks into one. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const requestTimeoutMs = 70_000;

export class KubeApi implements Disposable {
  readonly server: string;
  readonly #options: KubeApiOptions;
  #session: ClientHttp2Session | undefined;

  constructor(options: KubeApiOptions) {
    this.#options = options;
    this.server = options.server;
  }

  /** Any status is an answer; only a broken connection throws. */
  async request(
    method: Method,
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<ApiAnswer> {
    const session = this.#open();
    const { token } = this.#options;
    const stream = session.request(
      {
        ":method": method,
        ":path": path,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": contentType }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      { signal: AbortSignal.timeout(requestTimeoutMs) },
    );
    let status = 0;
    stream.once("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    // A stream that was reset by a dying server can end without an error.
    if (status === 0) throw new Error(`${method} ${path}: the connection ended without an answer`);
    const text = Buffer.concat(chunks).toString("utf8");
    return { status, text, json: () => JSON.parse(text) };
  }

  /** The object at `path`. Throws on any status but 2xx. */
  async get(path: string): Promise<unknown> {
    return ok("GET", path, await this.request("GET", path));
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return ok("POST", path, await this.request("POST", path, body));
  }

  /** A JSON merge patch. */
  async patch(path: string, body: unknown): Promise<unknown> {
    const type = "application/merge-patch+json";
    return ok("PATCH", path, await this.request("PATCH", path, body, type));
  }

  async delete(path: string): Promise<void> {
    const answer = await this.request("DELETE", path);
    if (answer.status !== 404) ok("DELETE", path, answer);
  }

  /** Makes or changes the object, whatever was there (server-side apply). */
  async apply(object: KubeObject): Promise<unknown> {
    const path = `${pathOf(object)}?fieldManager=lab&force=true`;
    const type = "application/apply-patch+yaml";
    return ok("PATCH", path, await this.request("PATCH", path, object, type));
  }

  async isReady(): Promise<boolean> {
    return (await this.request("GET", "/readyz")).status === 200;
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  #open(): ClientHttp2Session {
    const open = this.#session;
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    const { server, caPem, certPem, keyPem } = this.#options;
    const session = connect(server, {
      ca: caPem,
      ...(certPem === undefined ? {} : { cert: certPem }),
      ...(keyPem === undefined ? {} : { key: keyPem }),
    });
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    // The fault reaches the streams; without a listener here it would end the process.
    session.on("error", forget);
    session.on("close", forget);
    session.on("goaway", forget);
    this.#session = session;
    return session;
  }
}

function ok(method: Method, path: string, answer: ApiAnswer): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.json();
  throw new Error(`${method} ${path}: HTTP ${answer.status} ${answer.text.slice(0, 500)}`);
}

/** Plural, and whether objects of the kind lie in a namespace. The lab needs no discovery. */
const kinds: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  Namespace: ["namespaces", false],
  Node: ["nodes", false],
  ClusterRole: ["clusterroles", false],
  ClusterRoleBinding: ["clusterrolebindings", false],
  ServiceAccount: ["serviceaccounts", true],
  Pod: ["pods", true],
  Deployment: ["deployments", true],
  Job: ["jobs", true],
  CronJob: ["cronjobs", true],
  ResourceQuota: ["resourcequotas", true],
  ConfigMap: ["configmaps", true],
  Lease: ["leases", true],
  Role: ["roles", true],
  RoleBinding: ["rolebindings", true],
};

export function pathOf(object: KubeObject): string {
  const [plural, namespaced] = kinds[object.kind] ?? [];
  if (plural === undefined) throw new Error(`The lab knows no plural of ${object.kind}`);
  const prefix = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const scope = namespaced === true ? `/namespaces/${object.metadata.namespace ?? "default"}` : "";
  return `${prefix}${scope}/${plural}/${object.metadata.name}`;
}
