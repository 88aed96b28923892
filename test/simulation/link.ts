import type { Http, HttpRequest, HttpResponse } from "../../src/net/http.ts";
import { NetworkError, type NetworkFault } from "../../src/net/network-error.ts";
import type { Machine } from "./machine.ts";
import type { Simulator } from "./simulator.ts";

/** How a way between two parts is. */
export type Condition =
  | "up"
  /** Nobody listens, and what was open is reset. */
  | "refused"
  /** Nothing arrives in either direction, and nobody says so. What is on its way arrives late, or never. */
  | "silent"
  /** Requests arrive, answers do not. */
  | "one_way"
  /** Everything arrives, each piece seconds late. */
  | "slow";

const slowMsMax = 2500;

export interface LinkObserver {
  /** The process has just begun this request. */
  requested(request: HttpRequest): void;
  /** The process has the head of the answer. */
  answered(request: HttpRequest, status: number, startedAtMs: number): void;
}

/** One request from its start to the end of its answer's body. */
interface Exchange {
  readonly server: AbortController;
  /** Ends what the process waits for now. */
  fail: (error: NetworkError) => void;
  /** It broke, perhaps while the process did not look. */
  broken: NetworkError | undefined;
  hungUp: boolean;
}

/**
 * One way from a process to a server. Every request, answer and piece of a body takes its time in the simulator's queue,
 * and passes the machine's door on the way back. A request that its process no longer waits for may arrive all the same:
 * the bytes were on their way.
 */
export class Link {
  readonly http: Http;
  /** So many of the next answers are lost on the way back, after the server did what was asked. */
  answersToLose = 0;
  readonly #name: string;
  readonly #handler: Http;
  readonly #machine: Machine;
  readonly #simulator: Simulator;
  readonly #latencyMsMax: number;
  readonly #observer: LinkObserver;
  #condition: Condition = "up";
  /** Counts the changes of condition. */
  #changes = 0;
  readonly #open = new Set<Exchange>();
  /** What waits for the way to be up again. */
  #parked: (() => void)[] = [];

  constructor(
    name: string,
    handler: Http,
    machine: Machine,
    simulator: Simulator,
    latencyMsMax: number,
    observer: LinkObserver,
  ) {
    this.#name = name;
    this.#handler = handler;
    this.#machine = machine;
    this.#simulator = simulator;
    this.#latencyMsMax = latencyMsMax;
    this.#observer = observer;
    this.http = (request, signal) => this.#request(request, signal);
  }

  get condition(): Condition {
    return this.#condition;
  }

  become(condition: Condition): void {
    if (condition === this.#condition) return;
    this.#condition = condition;
    this.#changes += 1;
    const change = this.#changes;
    const parked = this.#parked;
    this.#parked = [];
    // Late, but in their order.
    for (const happen of parked) this.#simulator.schedule(0, happen);
    if (condition === "refused") this.reset();
    if (condition !== "silent" && condition !== "one_way") return;
    // A PING that stays without an answer, or TCP, finds out in the end.
    this.#simulator.schedule(10_000 + this.#simulator.random() * 15_000, () => {
      if (this.#changes === change) this.#failAll("silent");
    });
  }

  /** Breaks everything that is open, as a server does that restarts. */
  reset(): void {
    this.#failAll("reset");
  }

  /** The process is gone: nobody waits for anything any more. */
  dropped(): void {
    for (const exchange of this.#open) this.#hangUp(exchange);
  }

  #failAll(code: NetworkFault): void {
    for (const exchange of this.#open) {
      this.#hangUp(exchange);
      this.#machine.arrive(() => {
        exchange.broken ??= this.#error(code);
        exchange.fail(exchange.broken);
      });
    }
  }

  #request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const startedAtMs = this.#simulator.nowMs;
    const { method, path } = request;
    this.#simulator.trace(`${this.#name} ${method} ${path}`);
    this.#observer.requested(request);
    const exchange: Exchange = {
      server: new AbortController(),
      fail: () => {},
      broken: undefined,
      hungUp: false,
    };
    // Of what was on its way when its process went, half arrives.
    const arrivesAlone = this.#simulator.random() < 0.5;
    return this.#awaited<HttpResponse>(exchange, signal, (resolve, reject) => {
      this.#open.add(exchange);
      const end = (error: unknown): void => {
        this.#open.delete(exchange);
        reject(error);
      };
      const ask = (): void => {
        if (exchange.hungUp && !arrivesAlone) return;
        this.#handler(request, exchange.server.signal).then(
          (response) =>
            this.#back(() => {
              if (exchange.hungUp) return;
              if (this.answersToLose > 0) {
                this.answersToLose -= 1;
                this.#simulator.trace(`${this.#name} answer lost (${response.status})`);
                this.#hangUp(exchange);
                end(this.#error("reset"));
                return;
              }
              this.#simulator.trace(`${this.#name} ${response.status}`);
              this.#observer.answered(request, response.status, startedAtMs);
              resolve({ ...response, body: this.#carried(exchange, response.body, signal) });
            }),
          (error: unknown) => this.#back(() => end(error)),
        );
      };
      this.#travel(() => {
        if (this.#condition === "refused") this.#back(() => end(this.#error("refused")));
        else this.#whenOpen(["silent"], ask);
      });
      if (this.#condition === "silent" || this.#condition === "one_way") {
        const change = this.#changes;
        this.#simulator.schedule(10_000, () => {
          if (this.#changes !== change) return;
          this.#machine.arrive(() => {
            // What comes after all finds nobody.
            this.#hangUp(exchange);
            end(this.#error("timeout"));
          });
        });
      }
    });
  }

  async *#carried(
    exchange: Exchange,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]();
    let ended = false;
    try {
      for (;;) {
        const next = await this.#awaited<IteratorResult<Uint8Array>>(exchange, signal, (resolve, reject) => {
          iterator.next().then(
            (result) => this.#back(() => resolve(result)),
            (error: unknown) => this.#back(() => reject(error)),
          );
        });
        if (next.done === true) {
          ended = true;
          return;
        }
        for (const part of this.#cut(next.value)) {
          if (signal.aborted) throw this.#error("aborted");
          yield part;
        }
      }
    } finally {
      this.#open.delete(exchange);
      if (!ended) this.#hangUp(exchange);
    }
  }

  /** What the process waits for: an answer, a piece of it, or the end of either. */
  #awaited<Value>(
    exchange: Exchange,
    signal: AbortSignal,
    begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (signal.aborted || exchange.broken !== undefined) {
        reject(signal.aborted ? this.#error("aborted") : exchange.broken);
        return;
      }
      const onAbort = (): void => {
        this.#hangUp(exchange);
        fail(this.#error("aborted"));
      };
      const fail = (error: unknown): void => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      };
      signal.addEventListener("abort", onAbort);
      exchange.fail = fail;
      begin((value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      }, fail);
    });
  }

  #hangUp(exchange: Exchange): void {
    exchange.hungUp = true;
    this.#open.delete(exchange);
    this.#travel(() => exchange.server.abort());
  }

  #travel(happen: () => void): void {
    const latencyMsMax = this.#condition === "slow" ? slowMsMax : this.#latencyMsMax;
    this.#simulator.schedule(this.#simulator.random() * latencyMsMax, happen);
  }

  /** On the way back to the process. */
  #back(happen: () => void): void {
    this.#travel(() => this.#whenOpen(["silent", "one_way"], () => this.#machine.arrive(happen)));
  }

  #whenOpen(closed: readonly Condition[], happen: () => void): void {
    if (closed.includes(this.#condition)) this.#parked.push(() => this.#whenOpen(closed, happen));
    else happen();
  }

  /** Cut again at random places, so that no reader can rely on the borders of pieces. */
  #cut(piece: Uint8Array): readonly Uint8Array[] {
    const parts: Uint8Array[] = [];
    let from = 0;
    while (from < piece.length) {
      const length = 1 + Math.floor(this.#simulator.random() * 8192);
      parts.push(piece.subarray(from, from + length));
      from += length;
    }
    return parts;
  }

  #error(code: NetworkFault): NetworkError {
    return new NetworkError(code, `${this.#name}: ${code}`);
  }
}
