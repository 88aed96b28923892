import { setTimeout as sleep } from "node:timers/promises";

import type { Random } from "../../../bench/random.ts";
import {
  findEvent,
  repeatCoreEvent,
  repeatEvent,
  writeCoreEvent,
  writeEvent,
} from "../../lab/event-writer.ts";
import type { AcceptedWrite, WrittenEvent } from "../../lab/event-writer.ts";
import type { KubeApi } from "../../lab/kube-api.ts";
import type { WriteLedger } from "./write-ledger.ts";

export interface LedgerStreamOptions {
  readonly namespace: string;
  /** Names begin with it. */
  readonly prefix: string;
  readonly writesPerSecond: number;
  readonly random: Random;
}

/** Events that go on repeating all the time, so that every takeover falls between two of their counts. */
const seriesCount = 10;
const seriesEveryMs = 500;
/** While the server is away writes pile up; more of them prove nothing. */
const openMax = 500;
const retryMs = 200;

/**
 * A steady flow of writes while things break, half through each API group, and each is in the ledger: Events that repeat
 * twice a second by jumps, single ones, and every sixth of those twice more. What the API server does not take is
 * written again until it does.
 */
export class LedgerStream implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #ledger: WriteLedger;
  readonly #options: LedgerStreamOptions;
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();
  readonly #open = new Set<Promise<void>>();
  readonly #running: Promise<unknown>;
  #fault: unknown;

  constructor(api: KubeApi, ledger: WriteLedger, options: LedgerStreamOptions) {
    this.#api = api;
    this.#ledger = ledger;
    this.#options = options;
    const series = Array.from({ length: seriesCount }, (_, index) => this.#guarded(this.#runSeries(index)));
    this.#running = Promise.all([this.#runSingles(), ...series]);
  }

  /** Ends the flow when all that was begun is stored. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#open);
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Ends the flow at once: what has no answer now is not written again. Call it when the API server is dead. */
  async abandon(): Promise<void> {
    this.#abandoning.abort();
    await this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abandon();
  }

  async #runSingles(): Promise<void> {
    const repeats = 1 + 2 / 6;
    const perSecond = (this.#options.writesPerSecond - (seriesCount * 1_000) / seriesEveryMs) / repeats;
    const everyMs = 1_000 / Math.max(1, perSecond);
    const startMs = performance.now();
    for (let index = 0; !this.#stopping.signal.aborted; index += 1) {
      const waitMs = startMs + index * everyMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      if (this.#open.size > openMax) continue;
      const write = this.#guarded(this.#writeSingle(index)).finally(() => this.#open.delete(write));
      this.#open.add(write);
    }
  }

  async #writeSingle(index: number): Promise<void> {
    const event = this.#event(String(index), index % 3 === 0);
    if (!(await this.#store(event, index, 1)) || index % 6 !== 0) return;
    for (let count = 2; count <= 3; count += 1) {
      await sleep(300);
      if (!(await this.#store(event, index, count))) return;
    }
  }

  async #runSeries(index: number): Promise<void> {
    const event = this.#event(`series-${index}`, true);
    const { random } = this.#options;
    let isStored = await this.#store(event, index, 1);
    for (let count = 1; isStored && !this.#stopping.signal.aborted;) {
      await sleep(seriesEveryMs * (0.5 + random.next()));
      count += 1 + Math.floor(random.next() * 3);
      isStored = await this.#store(event, index, count);
    }
  }

  /** False where it was given up. */
  async #store(event: WrittenEvent, index: number, count: number): Promise<boolean> {
    const isCore = index % 2 === 0;
    // The same time in every try: one that is stored already is then recognised by the API server as no change.
    const at = new Date();
    const first = isCore ? writeCoreEvent : writeEvent;
    const repeat = isCore ? repeatCoreEvent : repeatEvent;
    const write = (): Promise<AcceptedWrite> =>
      count === 1 ? first(this.#api, { ...event, at }) : repeat(this.#api, event, count, at);
    this.#ledger.begun(event.name);
    const answer = await this.#retried(write, event);
    if (answer === undefined) return false;
    this.#ledger.answered(event.name);
    this.#ledger.accepted({ ...answer, name: event.name, count, atMs: Date.now() });
    return true;
  }

  async #retried(
    write: () => Promise<AcceptedWrite>,
    event: WrittenEvent,
  ): Promise<AcceptedWrite | undefined> {
    const endMs = Date.now() + 120_000;
    for (let attempt = write; ;) {
      try {
        return await attempt();
      } catch (error) {
        // Stored by a try whose answer was lost: only the Event itself can tell as what.
        const isThere = error instanceof Error && error.message.includes("AlreadyExists");
        if (isThere) attempt = () => findEvent(this.#api, event);
        if (this.#abandoning.signal.aborted) return undefined;
        if (Date.now() > endMs) throw error;
        if (!isThere) await sleep(retryMs);
      }
    }
  }

  #event(name: string, isWarning: boolean): WrittenEvent {
    const { prefix, namespace } = this.#options;
    return {
      namespace,
      name: `${prefix}-${name}`,
      note: `${prefix} event ${name}`,
      type: isWarning ? "Warning" : "Normal",
    };
  }

  /** Keeps the fault for `stop`. */
  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#fault ??= error;
    }
  }
}
