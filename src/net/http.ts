/**
 * HTTP as one function type. Everything above it (source, kubernetes, delivery, the stand-ins) is free of sockets;
 * sessions, PING, GOAWAY, TLS and proxies live below it in this folder, and the simulator puts a virtual network there.
 *
 * Resolves with the response head; `body` is read once, in order, and pulls: an unread body holds the peer back.
 * Rejects, here or while the body is read, only with a `NetworkError`. Abort ends the request and its body with
 * code `aborted`. Leaving the body's loop early (`break`, `return`) cancels the stream.
 */
export type Http = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, beginning with `/`: the origin belongs to the transport. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; several values of one name are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}
