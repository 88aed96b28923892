import type { HttpRequest, HttpResponse } from "./http.ts";
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

/**
 * Sends, and once more on a fresh connection where a kept one was stale and the request may be repeated. Rejects as
 * `send` does, never with a `StaleConnection`.
 */
export async function sendUnlessStale(
  request: HttpRequest,
  send: (fresh: boolean) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await send(false);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    // Anything else may have been carried out.
    if (error.sent && request.method !== "GET") throw error.fault;
  }
  try {
    return await send(true);
  } catch (error) {
    throw error instanceof StaleConnection ? error.fault : error;
  }
}
