import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export interface TappedRequest {
  /** Wall clock in ms when its headers had come. */
  readonly beganMs: number;
  /** When its answer had gone back; undefined while it is under way, or where there was none. */
  readonly answeredMs: number | undefined;
  readonly status: number | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of the newest requests only so many are remembered. */
const rememberedMax = 20_000;

/**
 * One replica's way to the Collector, so that there is a witness of what it sends, and when: nothing on a record tells
 * which replica sent it.
 */
export class OtlpTap implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #requests: TappedRequest[] = [];

  private constructor(server: Server, agent: Agent, port: number) {
    this.#server = server;
    this.#agent = agent;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Listens on a free port of 127.0.0.1 and passes everything on to `target`, a base URL. */
  static async start(target: string): Promise<OtlpTap> {
    const agent = new Agent({ keepAlive: true });
    const server = createServer((incoming, outgoing) => tap.#pass(incoming, outgoing, target));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("Not listening on TCP");
    const tap = new OtlpTap(server, agent, address.port);
    return tap;
  }

  /** Requests that began at `sinceMs` or later, oldest first. */
  since(sinceMs: number): readonly TappedRequest[] {
    return this.#requests.filter(({ beganMs }) => beganMs >= sinceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, target: string): void {
    const seen: Mutable<TappedRequest> = { beganMs: Date.now(), answeredMs: undefined, status: undefined };
    this.#requests.push(seen);
    if (this.#requests.length > rememberedMax) this.#requests.splice(0, rememberedMax / 2);
    const onward = request(new URL(incoming.url ?? "/", target), {
      method: incoming.method,
      headers: incoming.headers,
      agent: this.#agent,
    });
    onward.once("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.once("error", () => outgoing.destroy());
      outgoing.once("finish", () => {
        seen.answeredMs = Date.now();
        seen.status = answer.statusCode;
      });
    });
    // A Collector that is away looks as it would without us: the connection breaks.
    onward.once("error", () => outgoing.destroy());
    incoming.once("error", () => onward.destroy());
    outgoing.once("close", () => onward.destroy());
    incoming.pipe(onward);
  }
}
