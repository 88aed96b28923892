/**
 * The transport of one origin: HTTP/2 where the server agrees to it, HTTP/1.1 on kept connections where not, TLS material
 * that may change while it runs, a proxy. Everything above it sees one function, `Http`.
 */
import type { Runtime } from "../shared/runtime.ts";
import { Connections } from "./connections.ts";
import type { Http, HttpRequest, HttpResponse } from "./http.ts";
import { NetworkError } from "./network-error.ts";
import { orAborted } from "./or-aborted.ts";
import { sendUnlessStale } from "./stale-connection.ts";
import { isSameMaterial } from "./tls-material.ts";
import type { TlsMaterial, TlsProvider } from "./tls-material.ts";

export interface TransportOptions {
  /** `http://host:port` or `https://host:port`; a path, where there is one, goes before that of every request. */
  readonly origin: string;
  /** Default: the roots that Node.js ships, no client certificate. */
  readonly tls?: TlsProvider | undefined;
  /** `negotiate` (ALPN) concerns `https:` only: in clear text it is always HTTP/1.1. */
  readonly http2: "negotiate" | "never";
  /** For name, TCP, proxy and TLS together. */
  readonly connectTimeoutMs: number;
  /** From the moment the connection is there until the head of the response. */
  readonly headTimeoutMs: number;
  /** HTTP/2: how often the peer is asked for a sign of life, and how long its answer may take. */
  readonly pingIntervalMs: number;
  readonly pingDeadlineMs: number;
  /** HTTP/1.1: connections at once; further requests wait. */
  readonly maxConnections: number;
  /** `http://[user:password@]host:port`, tunnelled through by CONNECT. */
  readonly proxyUrl?: string | undefined;
}

export const transportDefaults = {
  http2: "negotiate",
  connectTimeoutMs: 10_000,
  headTimeoutMs: 30_000,
  pingIntervalMs: 15_000,
  pingDeadlineMs: 10_000,
  maxConnections: 8,
} as const;

export interface Transport extends AsyncDisposable {
  readonly http: Http;
  /** Ends what is under way with code `aborted` and closes all connections. Later requests fail likewise. */
  close(): Promise<void>;
}

/** Connects with the first request. Throws an `Error` on an origin or a proxy that is no such URL. */
export function createTransport(options: TransportOptions, runtime: Runtime): Transport {
  const origin = urlOf(options.origin, "The address", ["http:", "https:"]);
  const proxy =
    options.proxyUrl === undefined ? undefined : urlOf(options.proxyUrl, "The proxy's address", ["http:"]);
  const basePath = origin.pathname.replace(/\/+$/, "");
  const material = options.tls ?? ((): Promise<TlsMaterial> => Promise.resolve({}));
  const closed = new NetworkError("aborted", `The transport to ${origin.origin} was closed`);

  let isClosed = false;
  let current: Connections | undefined;
  /** Made with older material; here until what runs on them is done. */
  let retired: Connections[] = [];

  async function connections(signal: AbortSignal): Promise<Connections> {
    // Raced, because a provider may have to ask a program.
    const newest = origin.protocol === "https:" ? await orAborted(materialOf(material, origin), signal) : {};
    if (isClosed) throw closed;
    if (current !== undefined && isSameMaterial(current.material, newest)) return current;
    if (current !== undefined) {
      current.retire();
      retired = [...retired.filter((old) => !old.idle), current];
    }
    current = new Connections(newest, { ...options, origin, proxy }, runtime);
    return current;
  }

  async function send(request: HttpRequest, fresh: boolean, signal: AbortSignal): Promise<HttpResponse> {
    const through = await connections(signal);
    return through.request(request, fresh, signal);
  }

  function http(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const full = basePath === "" ? request : { ...request, path: basePath + request.path };
    return sendUnlessStale(full, (fresh) => send(full, fresh, signal));
  }

  async function close(): Promise<void> {
    isClosed = true;
    const all = current === undefined ? retired : [...retired, current];
    await Promise.all(all.map((one) => one.destroy(closed)));
  }

  return { http, close, [Symbol.asyncDispose]: close };
}

async function materialOf(provider: TlsProvider, origin: URL): Promise<TlsMaterial> {
  try {
    return await provider();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new NetworkError("tls", `Cannot connect to ${origin.origin}: ${words}`, { cause: error });
  }
}

function urlOf(text: string, what: string, protocols: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol)) {
    // Without the text: a proxy's may hold a password.
    throw new Error(`${what} does not begin with ${protocols.map((name) => `${name}//`).join(" or ")}`);
  }
  return url;
}
