/**
 * One HTTP/2 connection, shared by concurrent requests. It asks for a sign of life (PING) on its own, because TCP says
 * nothing of a peer that is stopped or hidden behind a proxy that still acknowledges.
 */
import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

import type { Runtime } from "../shared/runtime.ts";
import type { Connection } from "./connect.ts";
import { networkErrorOf } from "./fault-of.ts";
import { joinedHeaders } from "./headers.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { NetworkError } from "./network-error.ts";
import { responseBody } from "./response-body.ts";
import { StaleConnection } from "./stale-connection.ts";

export interface Http2SessionOptions {
  /** Scheme, host and port, for the pseudo headers. */
  readonly origin: URL;
  /** Until the head of a response. */
  readonly headTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** From a PING to its answer. */
  readonly pingDeadlineMs: number;
}

/**
 * What may be under way on one unread stream: enough for 50 MB/s over 10 ms, and the bound of what a reader that stands
 * still costs. The connection's own window is given back by Node.js at once, so no stream holds up another.
 */
const streamWindowBytes = 512 * 1024;
/** Fewer, larger DATA frames are fewer turns of the event loop. */
const frameBytesMax = 64 * 1024;
/** A deadline waited for in slices is not missed because our own event loop stood still. */
const deadlineSlices = 4;

export class Http2Session {
  readonly #session: ClientHttp2Session;
  readonly #options: Http2SessionOptions;
  readonly #runtime: Runtime;
  readonly #closed = new AbortController();
  readonly #name: string;
  #usable = true;
  #answered = false;
  /** Why all streams end. */
  #cause: NetworkError | undefined;

  constructor({ socket }: Connection, options: Http2SessionOptions, runtime: Runtime) {
    this.#options = options;
    this.#runtime = runtime;
    this.#name = options.origin.origin;
    this.#session = connect(options.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindowBytes, maxFrameSize: frameBytesMax },
    });
    this.#session.on("goaway", () => {
      this.#usable = false;
    });
    this.#session.on("error", (error) => {
      this.#usable = false;
      this.#cause ??= this.#faultOf(error);
    });
    this.#session.on("close", () => {
      this.#usable = false;
      this.#closed.abort();
    });
    // Its loop ends with the session and fails for nothing but a bug.
    void this.#keepAsking();
  }

  /** False once the peer or we have ended it: what is under way goes on, a new request needs a new session. */
  get usable(): boolean {
    return this.#usable && !this.#session.closed && !this.#session.destroyed;
  }

  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Takes no more requests; closes when those under way are done. */
  retire(): void {
    this.#usable = false;
    this.#session.close();
  }

  destroy(error: NetworkError): void {
    this.#usable = false;
    this.#cause ??= error;
    this.#session.destroy(error);
  }

  /** Rejects with a `NetworkError`, or with `StaleConnection` before any part of an answer. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { origin, headTimeoutMs } = this.#options;
    const reused = this.#answered;
    if (!this.usable) {
      const fault = new NetworkError("goaway", `The connection to ${this.#name} takes no more requests`);
      return Promise.reject(new StaleConnection(this.#cause ?? fault, false));
    }
    const stream = this.#session.request(
      {
        ...request.headers,
        ":method": request.method,
        ":path": request.path,
        ":scheme": origin.protocol.slice(0, -1),
        ":authority": request.headers["host"] ?? origin.host,
      },
      { endStream: request.body === undefined },
    );
    return new Promise((resolve, reject) => {
      let fault: NetworkError | undefined;
      const timer = this.#runtime.timeout(headTimeoutMs);
      const end = (error: NetworkError): void => {
        fault ??= error;
        // Not destroy(error): that says INTERNAL_ERROR to the peer.
        stream.close(constants.NGHTTP2_CANCEL);
        stream.destroy();
        reject(fault);
      };
      const abort = (): void => end(new NetworkError("aborted", `The request to ${this.#name} was aborted`));
      timer.signal.addEventListener("abort", () =>
        end(new NetworkError("timeout", `${this.#name} gives no answer within ${headTimeoutMs} ms`)),
      );
      signal.addEventListener("abort", abort);

      stream.on("response", (headers) => {
        timer[Symbol.dispose]();
        this.#answered = true;
        resolve({
          status: headers[":status"] ?? 0,
          headers: joinedHeaders(headers),
          body: responseBody(stream, {
            faultOf: (error) => fault ?? this.#faultOf(error, stream),
            missing: () => {
              if (!stream.readableEnded) return fault ?? this.#cut("in the middle of an answer");
              // Answered before all was sent, as a 413 may be: the rest is of no use.
              if (!stream.writableFinished) stream.close(constants.NGHTTP2_CANCEL);
              return undefined;
            },
            cancel: () => {
              if (!stream.readableEnded) stream.close(constants.NGHTTP2_CANCEL);
              stream.destroy();
            },
          }),
        });
      });
      stream.on("error", (error) => {
        fault ??= this.#faultOf(error, stream);
        reject(this.#staleOr(fault, reused));
      });
      stream.on("close", () => {
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", abort);
        // Without a word where the peer closed the socket; nothing happens where the head has come.
        reject(this.#staleOr(fault ?? this.#cut("before an answer"), reused));
      });
      if (signal.aborted) abort();
      else if (request.body !== undefined) stream.end(request.body);
    });
  }

  #staleOr(fault: NetworkError, reused: boolean): Error {
    return reused && fault.code === "reset" && !this.usable ? new StaleConnection(fault, true) : fault;
  }

  #cut(when: string): NetworkError {
    return this.#cause ?? new NetworkError("reset", `The connection to ${this.#name} was closed ${when}`);
  }

  #faultOf(error: unknown, stream?: ClientHttp2Stream): NetworkError {
    if (this.#cause !== undefined) return this.#cause;
    const doing = `The connection to ${this.#name} failed`;
    switch (stream?.rstCode ?? constants.NGHTTP2_NO_ERROR) {
      case constants.NGHTTP2_REFUSED_STREAM:
        return new NetworkError("goaway", `${this.#name} takes no more requests on this connection`, {
          cause: error,
        });
      case constants.NGHTTP2_PROTOCOL_ERROR:
      case constants.NGHTTP2_FLOW_CONTROL_ERROR:
      case constants.NGHTTP2_FRAME_SIZE_ERROR:
      case constants.NGHTTP2_COMPRESSION_ERROR:
        return new NetworkError("protocol", `${doing}: HTTP/2 code ${stream?.rstCode}`, { cause: error });
      default:
        break;
    }
    if (error instanceof Error && "code" in error && error.code === "ERR_HTTP2_STREAM_ERROR") {
      return new NetworkError("reset", `${this.#name} broke off the answer (${error.message})`, {
        cause: error,
      });
    }
    return networkErrorOf(error, doing);
  }

  async #keepAsking(): Promise<void> {
    const { pingIntervalMs, pingDeadlineMs } = this.#options;
    const closed = this.#closed.signal;
    for (;;) {
      await this.#runtime.sleep(pingIntervalMs, closed);
      // Destroyed comes before closed, and a PING in between is an exception.
      if (closed.aborted || this.#session.destroyed) return;
      const answered = new AbortController();
      const stop = (): void => answered.abort();
      closed.addEventListener("abort", stop);
      this.#session.ping(stop);
      for (let slice = 0; slice < deadlineSlices && !answered.signal.aborted; slice += 1) {
        await this.#runtime.sleep(pingDeadlineMs / deadlineSlices, answered.signal);
      }
      closed.removeEventListener("abort", stop);
      if (closed.aborted) return;
      if (!answered.signal.aborted) {
        this.destroy(
          new NetworkError("silent", `${this.#name} gives no sign of life for ${pingDeadlineMs} ms (PING)`),
        );
        return;
      }
    }
  }
}
