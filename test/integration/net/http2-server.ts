import { createSecureServer } from "node:http2";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

import { certificate } from "./certificates.ts";
import { listeningPort } from "./listening-port.ts";

export interface RawHttp2Server extends AsyncDisposable {
  readonly origin: string;
  /** Every connection's session, in the order of their coming. */
  readonly sessions: readonly ServerHttp2Session[];
  /** Every connection's TCP socket. */
  readonly sockets: readonly Socket[];
}

/** For what no well-behaved server does: refuse streams, end in the middle. */
export async function startHttp2Server(
  answer: (stream: ServerHttp2Stream, path: string, headers: IncomingHttpHeaders) => void,
): Promise<RawHttp2Server> {
  const sessions: ServerHttp2Session[] = [];
  const sockets: Socket[] = [];
  const server = createSecureServer({ cert: certificate.certPem, key: certificate.keyPem });
  server.on("session", (session: ServerHttp2Session) => {
    session.on("error", () => {});
    sessions.push(session);
  });
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    answer(stream, String(headers[":path"]), headers);
  });
  const port = await listeningPort(server);
  return {
    origin: `https://127.0.0.1:${port}`,
    sessions,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
