import type { NetworkError } from "./network-error.ts";

/**
 * A kept connection was closed by the server in the moment we used it, before any part of an answer: nobody's fault, and
 * a GET may simply be sent again. Never leaves this folder.
 */
export class StaleConnection extends Error {
  override readonly name = "StaleConnection";
  readonly fault: NetworkError;
  /** False: nothing of the request can have reached the server, so any method may be sent again. */
  readonly sent: boolean;

  constructor(fault: NetworkError, sent: boolean) {
    super(fault.message, { cause: fault });
    this.fault = fault;
    this.sent = sent;
  }
}
