/**
 * The smallest `Http` over node:http2 that does, for the contract: independent of the client under test in src/net, so
 * that a fault there is not taken for a fault of the server.
 */
import { connect, constants } from "node:http2";
import type { ClientHttp2Session } from "node:http2";

import type { Http } from "../../src/net/http.ts";
import { NetworkError } from "../../src/net/network-error.ts";

export interface Http2Client extends Disposable {
  readonly http: Http;
}

/** Opens a new connection whenever the server wants no more requests on the old one, as after each 401. */
export function connectHttp2(origin: string, caPem: string): Http2Client {
  const sessions = new Set<ClientHttp2Session>();
  let current: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    const session = connect(origin, { ca: caPem });
    const forget = (): void => {
      if (current === session) current = undefined;
    };
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    for (const event of ["error", "goaway", "close"]) session.on(event, forget);
    current = session;
    return session;
  };
  const http: Http = (request, signal) =>
    new Promise((resolve, reject) => {
      const session = current ?? open();
      const stream = session.request({
        ...request.headers,
        ":method": request.method,
        ":path": request.path,
      });
      const abort = (): void => stream.close(constants.NGHTTP2_CANCEL);
      signal.addEventListener("abort", abort);
      stream.on("close", () => signal.removeEventListener("abort", abort));
      stream.on("error", (error: Error) =>
        reject(new NetworkError("reset", error.message, { cause: error })),
      );
      stream.on("close", () => reject(new NetworkError("reset", "The stream closed without an answer")));
      stream.on("response", (head) => {
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(head)) {
          if (!name.startsWith(":") && value !== undefined) headers[name] = String(value);
        }
        resolve({ status: head[":status"] ?? 0, headers, body: stream });
      });
      stream.end(request.body);
    });
  return {
    http,
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}
