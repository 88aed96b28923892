import { createServer } from "node:net";
import type { Socket } from "node:net";

import { listeningPort } from "./listening-port.ts";

export interface TcpServer extends AsyncDisposable {
  readonly port: number;
  /** All that ever came. */
  readonly connections: number;
}

/** For peers that are no proper servers. */
export async function startTcpServer(accept: (socket: Socket) => void): Promise<TcpServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    accept(socket);
  });
  const port = await listeningPort(server);
  return {
    port,
    get connections() {
      return sockets.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
