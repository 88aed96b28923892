/** All connections to one origin that were made with the same TLS material. */
import type { Socket } from "node:net";

import type { Runtime } from "../shared/runtime.ts";
import { openConnection } from "./connect.ts";
import type { Connection } from "./connect.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { Http1Pool } from "./http1-pool.ts";
import { Http2Session } from "./http2-session.ts";
import type { NetworkError } from "./network-error.ts";
import { orAborted } from "./or-aborted.ts";
import type { TlsMaterial } from "./tls-material.ts";

export interface ConnectionsOptions {
  readonly origin: URL;
  readonly proxy: URL | undefined;
  readonly http2: "negotiate" | "never";
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pingDeadlineMs: number;
  readonly maxConnections: number;
}

export class Connections {
  readonly material: TlsMaterial;
  readonly #options: ConnectionsOptions;
  readonly #runtime: Runtime;
  readonly #pool: Http1Pool;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  /** What the server agreed to the last time; undefined before the first connection and after one that failed. */
  #protocol: "h2" | "http/1.1" | undefined;
  #session: Http2Session | undefined;
  /** Sessions that take no more requests but are not closed as yet. */
  readonly #retired = new Set<Http2Session>();
  /** A connection in the making, shared by all that wait for it. */
  #opening: Promise<Http2Session | undefined> | undefined;
  /** The connection that was opened to negotiate, until the pool takes it. */
  #spare: Socket | undefined;
  #isRetired = false;

  constructor(material: TlsMaterial, options: ConnectionsOptions, runtime: Runtime) {
    this.material = material;
    this.#options = options;
    this.#runtime = runtime;
    this.#pool = new Http1Pool(() => this.#pooledSocket(), options, runtime);
    if (options.http2 === "never" || options.origin.protocol === "http:") this.#protocol = "http/1.1";
  }

  /** True when nothing is open or being opened. */
  get idle(): boolean {
    return this.#sockets.size === 0 && this.#opening === undefined;
  }

  /** `fresh`: on no connection that is kept from before. */
  async request(request: HttpRequest, fresh: boolean, signal: AbortSignal): Promise<HttpResponse> {
    const session = this.#protocol === "http/1.1" ? undefined : await this.#usableSession(signal);
    if (session !== undefined) return session.request(request, signal);
    if (fresh) this.#pool.dropFree();
    return this.#pool.request(request, signal);
  }

  /** Closes each connection when what runs on it is done. */
  retire(): void {
    this.#isRetired = true;
    this.#session?.retire();
    this.#pool.retire();
    this.#spare?.destroy();
  }

  /** Everything under way fails with `fault`. Resolves when all sockets are closed. */
  async destroy(fault: NetworkError): Promise<void> {
    this.#closing.abort();
    this.#pool.destroy(fault);
    for (const session of this.#retired) session.destroy(fault);
    this.#session?.destroy(fault);
    await Promise.all(Array.from(this.#sockets, closed));
  }

  /** Undefined when the server speaks HTTP/1.1. */
  #usableSession(signal: AbortSignal): Promise<Http2Session | undefined> {
    if (this.#session?.usable === true) return Promise.resolve(this.#session);
    this.#opening ??= this.#negotiate().finally(() => {
      this.#opening = undefined;
    });
    return orAborted(this.#opening, signal);
  }

  async #negotiate(): Promise<Http2Session | undefined> {
    const connection = await this.#open(["h2", "http/1.1"]);
    if (connection.protocol !== "h2") {
      this.#protocol = "http/1.1";
      this.#spare = connection.socket;
      return undefined;
    }
    this.#protocol = "h2";
    if (this.#session !== undefined) this.#keepUntilClosed(this.#session);
    this.#session = new Http2Session(connection, this.#options, this.#runtime);
    if (this.#isRetired) this.#session.retire();
    return this.#session;
  }

  #keepUntilClosed(session: Http2Session): void {
    for (const old of this.#retired) if (old.closed) this.#retired.delete(old);
    if (!session.closed) this.#retired.add(session);
  }

  async #pooledSocket(): Promise<Socket> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && !spare.destroyed) return spare;
    try {
      return (await this.#open(["http/1.1"])).socket;
    } catch (error) {
      // Whoever answers there next may have learned HTTP/2.
      const { http2, origin } = this.#options;
      if (http2 === "negotiate" && origin.protocol === "https:") this.#protocol = undefined;
      throw error;
    }
  }

  async #open(protocols: readonly string[]): Promise<Connection> {
    const { origin, proxy, connectTimeoutMs } = this.#options;
    const connection = await openConnection(
      { origin, proxy, timeoutMs: connectTimeoutMs },
      this.material,
      protocols,
      this.#runtime,
      this.#closing.signal,
    );
    const { socket } = connection;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // Between two requests nobody else listens.
    socket.on("error", () => {});
    return connection;
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("close", () => resolve());
    socket.destroy();
  });
}
