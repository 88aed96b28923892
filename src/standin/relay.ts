/**
 * A stretch of network between a client and a server on 127.0.0.1 that can fail as networks do: hold everything, swallow
 * what one side says, or be cut. It knows nothing of HTTP, so TLS and PING pass through it as they are.
 */
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

export interface Relay extends AsyncDisposable {
  /** The server's origin with this relay's port. */
  readonly origin: string;
  readonly connections: number;
  /** Nothing passes and nothing is closed, as through a dead switch: what is sent waits. New connections hang too. */
  hold(): void;
  /** What waited passes, and everything after it. */
  release(): void;
  /** Loses what the server says from now on, on the connections that are open: requests arrive, answers do not. */
  loseAnswers(): void;
  /** Breaks every connection with a reset. */
  cut(): void;
  /** New connections are reset at once until `accept`. */
  refuse(): void;
  accept(): void;
  close(): Promise<void>;
}

/** Starts a relay to the server of `origin` (`https://127.0.0.1:6443`). */
export async function startRelay(origin: string): Promise<Relay> {
  const target = new URL(origin);
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  let held = false;
  let refusing = false;

  // allowHalfOpen: an end in one direction is passed on as that and no more.
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    const pair = [client, server] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, pair.toReversed()] as const) {
      if (from === undefined || to === undefined) continue;
      from.setNoDelay();
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
      if (!held) from.pipe(to);
    }
  });

  await new Promise<void>((resolve, reject) => {
    relay.once("error", reject);
    relay.listen(0, "127.0.0.1", resolve);
  });
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("The relay listens on no port");

  const self: Relay = {
    origin: `${target.protocol}//127.0.0.1:${address.port}`,
    get connections() {
      return pairs.size;
    },
    hold() {
      held = true;
      for (const [client, server] of pairs) {
        client.unpipe().pause();
        server.unpipe().pause();
      }
    },
    release() {
      held = false;
      for (const [client, server] of pairs) {
        client.pipe(server);
        server.pipe(client);
      }
    },
    loseAnswers() {
      for (const [, server] of pairs) server.unpipe().resume();
    },
    cut() {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    refuse() {
      refusing = true;
    },
    accept() {
      refusing = false;
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        relay.close(() => resolve());
      });
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await closed;
    },
    async [Symbol.asyncDispose]() {
      await self.close();
    },
  };
  return self;
}
