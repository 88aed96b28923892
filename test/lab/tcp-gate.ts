import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

/**
 * A TCP forwarder in front of a real server, for the faults that a network has and a process has not. TLS passes
 * through it untouched.
 */
export class TcpGate implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: "open" | "shut" | "stalled" = "open";

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on a free port of 127.0.0.1 and forwards to `targetPort` there. */
  static async start(targetPort: number): Promise<TcpGate> {
    const server = createServer((incoming) => gate.#accept(incoming, targetPort));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("Not listening on TCP");
    const gate = new TcpGate(server, address.port);
    return gate;
  }

  /** Breaks every connection, and every new one at once. */
  shut(): void {
    this.#state = "shut";
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Keeps every connection but lets no byte through, as a network does that drops packets. */
  stall(): void {
    this.#state = "stalled";
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Lets everything through again. */
  open(): void {
    this.#state = "open";
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(incoming: Socket, targetPort: number): void {
    if (this.#state === "shut") {
      incoming.destroy();
      return;
    }
    const outgoing = connect(targetPort, "127.0.0.1");
    const pair = [incoming, outgoing] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [outgoing, incoming] as const]) {
      // Else each small write waits for the acknowledgement of the one before it: a list takes four times as long.
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on("drain", () => {
        if (this.#state !== "stalled") from.resume();
      });
      from.on("error", () => {});
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#state === "stalled") from.pause();
    }
  }
}
