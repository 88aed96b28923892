/** What went wrong below HTTP: a closed list, so that callers can switch over it and count by it. */
export type NetworkFault =
  /** The caller's own signal ended it. */
  | "aborted"
  /** No such host (DNS). */
  | "unresolved"
  /** Nobody listens on that port. */
  | "refused"
  /** No route, network down, host down. */
  | "unreachable"
  /** No answer in time while connecting or waiting for the response head. */
  | "timeout"
  /** An open connection stopped answering (PING deadline). */
  | "silent"
  /** The peer broke the connection or the stream in the middle. */
  | "reset"
  /** The peer asked to open a new connection (HTTP/2 GOAWAY). */
  | "goaway"
  /** TLS: untrusted, expired or wrong certificate, or no handshake. */
  | "tls"
  /** Not HTTP, or a broken frame. */
  | "protocol";

/** Every fault of the network, made into one type at the edge. `message` says what failed and for which peer. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code: NetworkFault;

  constructor(code: NetworkFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
