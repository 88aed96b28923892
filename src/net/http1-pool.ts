/** HTTP/1.1 on kept connections, over sockets that the transport opens (TLS, proxy and time-outs are its own). */
import { Agent, request as httpRequest } from "node:http";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { Runtime } from "../shared/runtime.ts";
import { networkErrorOf } from "./fault-of.ts";
import { joinedHeaders } from "./headers.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { NetworkError } from "./network-error.ts";
import { responseBody } from "./response-body.ts";
import { Slots } from "./slots.ts";
import { StaleConnection } from "./stale-connection.ts";

export interface Http1PoolOptions {
  readonly origin: URL;
  /** From the moment a connection is there until the head of the response. */
  readonly headTimeoutMs: number;
  /** More requests than that wait for a free connection. */
  readonly maxConnections: number;
}

export class Http1Pool {
  readonly #agent: SocketAgent;
  /** The agent's own limit does not count connections in the making. */
  readonly #slots: Slots;
  readonly #options: Http1PoolOptions;
  readonly #runtime: Runtime;
  readonly #name: string;
  /** Why all requests end. */
  #cause: NetworkError | undefined;

  constructor(open: () => Promise<Socket>, options: Http1PoolOptions, runtime: Runtime) {
    this.#agent = new SocketAgent(open, options.maxConnections);
    this.#slots = new Slots(options.maxConnections);
    this.#options = options;
    this.#runtime = runtime;
    this.#name = options.origin.origin;
  }

  /** Connections are closed as they become free. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    this.#agent.dropFree();
  }

  /** Closes those that are free: the next request opens a new one. */
  dropFree(): void {
    this.#agent.dropFree();
  }

  destroy(error: NetworkError): void {
    this.#cause ??= error;
    this.#agent.destroy();
  }

  /** Rejects with a `NetworkError`, or with `StaleConnection` before any part of an answer. */
  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    await this.#slots.acquire(signal);
    return this.#send(request, signal);
  }

  #send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    if (this.#cause !== undefined) {
      this.#slots.release();
      return Promise.reject(this.#cause);
    }
    const { origin, headTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        agent: this.#agent,
        host: origin.hostname,
        port: origin.port,
        method: request.method,
        path: request.path,
        headers: {
          host: origin.host,
          ...(request.body === undefined ? {} : { "content-length": request.body.length }),
          ...request.headers,
        },
      });
      let fault: NetworkError | undefined;
      const end = (error: NetworkError): void => {
        fault ??= error;
        outgoing.destroy(fault);
        // A request without a socket as yet says nothing of its end.
        reject(fault);
        signal.removeEventListener("abort", abort);
      };
      const abort = (): void => end(new NetworkError("aborted", `The request to ${this.#name} was aborted`));
      signal.addEventListener("abort", abort);

      let timer: Disposable | undefined;
      outgoing.on("socket", () => {
        const timeout = this.#runtime.timeout(headTimeoutMs);
        timeout.signal.addEventListener("abort", () =>
          end(new NetworkError("timeout", `${this.#name} gives no answer within ${headTimeoutMs} ms`)),
        );
        timer = timeout;
      });
      outgoing.on("response", (incoming) => {
        timer?.[Symbol.dispose]();
        incoming.on("error", () => {});
        resolve({
          status: incoming.statusCode ?? 0,
          headers: joinedHeaders(incoming.headers),
          body: responseBody(incoming, {
            faultOf: (error) => fault ?? this.#faultOf(error),
            missing: () => {
              if (!incoming.complete) return fault ?? this.#cut("in the middle of an answer");
              // Answered before all was sent, as a 413 may be: else the connection waits for a peer that reads no more.
              if (!outgoing.writableFinished) outgoing.destroy();
              return undefined;
            },
            cancel: () => {
              if (!incoming.complete) outgoing.destroy();
            },
          }),
        });
      });
      outgoing.on("error", (error) => {
        fault ??= this.#faultOf(error);
        reject(isStale(outgoing, fault) ? new StaleConnection(fault, true) : fault);
      });
      outgoing.on("close", () => {
        this.#slots.release();
        timer?.[Symbol.dispose]();
        signal.removeEventListener("abort", abort);
        // Nothing happens where the head has come.
        reject(fault ?? this.#cut("before an answer"));
      });
      if (signal.aborted) abort();
      else outgoing.end(request.body);
    });
  }

  #cut(when: string): NetworkError {
    return this.#cause ?? new NetworkError("reset", `The connection to ${this.#name} was closed ${when}`);
  }

  #faultOf(error: unknown): NetworkError {
    return this.#cause ?? networkErrorOf(error, `The connection to ${this.#name} failed`);
  }
}

function isStale(request: ClientRequest, fault: NetworkError): boolean {
  return request.reusedSocket && fault.code === "reset";
}

/** Node's own pool of kept connections, with our sockets in it. */
class SocketAgent extends Agent {
  readonly #open: () => Promise<Socket>;

  constructor(open: () => Promise<Socket>, maxConnections: number) {
    super({
      keepAlive: true,
      maxSockets: maxConnections,
      maxFreeSockets: maxConnections,
      scheduling: "lifo",
    });
    this.#open = open;
  }

  dropFree(): void {
    for (const sockets of Object.values(this.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  override createConnection(
    _options: unknown,
    callback: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    void this.#openFor(callback);
  }

  async #openFor(callback: (error: Error | null, socket?: Duplex) => void): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#open();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    callback(null, socket);
  }
}
