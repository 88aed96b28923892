import { setTimeout as sleep } from "node:timers/promises";

import { repeatCoreEvent, repeatEvent, writeCoreEvent, writeEvent } from "./event-writer.ts";
import type { WrittenEvent } from "./event-writer.ts";
import type { KubeApi } from "./kube-api.ts";

/**
 * A steady flow of Events while things break: half through each API group, every fifth a repeat of an earlier one. What
 * the API server does not take is written again until it does, so that the flow ends with all of it stored.
 */
export class SteadyStream implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #prefix: string;
  readonly #stopping = new AbortController();
  readonly #open = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #written = 0;

  /** Names begin with `prefix`; all are in the namespace `default`. */
  constructor(api: KubeApi, prefix: string, perSecond: number) {
    this.#api = api;
    this.#prefix = prefix;
    this.#running = this.#run(1_000 / perSecond);
  }

  /** Events and repeats that the API server has taken. */
  get written(): number {
    return this.#written;
  }

  /** Ends the flow when all that was begun is stored. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(everyMs: number): Promise<void> {
    const startMs = performance.now();
    for (let index = 0; !this.#stopping.signal.aborted; index += 1) {
      const waitMs = startMs + index * everyMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      // While the server is away writes pile up; more of them prove nothing.
      if (this.#open.size > 500) continue;
      const write: Promise<void> = this.#writeUntilStored(index).finally(() => this.#open.delete(write));
      this.#open.add(write);
    }
  }

  async #writeUntilStored(index: number): Promise<void> {
    const isCore = index % 2 === 0;
    const event: WrittenEvent = {
      namespace: "default",
      name: `${this.#prefix}-${index}`,
      note: `steady event number ${index}`,
      type: index % 3 === 0 ? "Warning" : "Normal",
    };
    await retried(() => (isCore ? writeCoreEvent : writeEvent)(this.#api, event));
    this.#written += 1;
    if (index % 5 !== 0) return;
    for (let count = 2; count <= 3; count += 1) {
      await sleep(300);
      const total = count;
      await retried(() => (isCore ? repeatCoreEvent : repeatEvent)(this.#api, event, total));
      this.#written += 1;
    }
  }
}

/** Tries until it succeeds. A write whose answer was lost may have been stored: that is success too. */
async function retried(write: () => Promise<unknown>): Promise<void> {
  const endMs = Date.now() + 120_000;
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      if (error instanceof Error && error.message.includes("AlreadyExists")) return;
      if (Date.now() > endMs) throw error;
      await sleep(200);
    }
  }
}
