import { createHash } from "node:crypto";

import type { Runtime, Timeout } from "../../src/shared/runtime.ts";

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/**
 * Virtual time for real code. There is one queue of happenings, ordered by (time, insertion); between two of them every
 * promise that can settle does. Nothing else moves: with equal seeds the same things happen in the same order, which
 * `traceHash` proves.
 */
export class Simulator {
  readonly random: () => number;
  #nowMs = 0;
  #order = 0;
  readonly #queue: Happening[] = [];
  readonly #trace = createHash("sha256");
  /** The last lines of the trace, for the story of a failure. */
  readonly story: string[] = [];

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Adds a line to the trace: whatever a reader of a failing run wants to know, and the hash has to cover. */
  trace(what: string): void {
    const line = `${(this.#nowMs / 1000).toFixed(3)} ${what}`;
    this.#trace.update(line).update("\n");
    this.story.push(line);
    if (this.story.length > 2000) this.story.splice(0, 1000);
  }

  traceHash(): string {
    return this.#trace.copy().digest("hex").slice(0, 16);
  }

  /** Runs `happen` in `delayMs` of virtual time; the function returned takes it back. */
  schedule(delayMs: number, happen: () => void): () => void {
    const happening: Happening = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order,
      happen,
    };
    this.#order += 1;
    insert(this.#queue, happening);
    return () => {
      const index = this.#queue.indexOf(happening);
      if (index >= 0) this.#queue.splice(index, 1);
    };
  }

  /** Lets time pass until `done`, or up to `limitMs`; true when `done` came. */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    for (;;) {
      // All microtasks run before an immediate does, so every promise that can settle without time has settled.
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return true;
      const next = this.#queue[0];
      if (next === undefined || next.atMs > limitMs) {
        this.#nowMs = Math.max(this.#nowMs, limitMs);
        return false;
      }
      this.#queue.shift();
      this.#nowMs = next.atMs;
      next.happen();
    }
  }

  /** The machine's clocks and chance as the code under test sees them. */
  runtime(startWallMs = Date.UTC(2026, 0, 1)): Runtime {
    return {
      wallMs: () => Math.floor(startWallMs + this.#nowMs),
      monotonicMs: () => this.#nowMs,
      random: this.random,
      sleep: (delayMs, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          const end = (): void => {
            cancel();
            signal.removeEventListener("abort", end);
            resolve();
          };
          const cancel = this.schedule(delayMs, end);
          signal.addEventListener("abort", end);
        }),
      timeout: (delayMs, parent): Timeout => {
        const controller = new AbortController();
        let expired = false;
        const abort = (): void => controller.abort();
        const cancel = this.schedule(delayMs, () => {
          expired = true;
          abort();
        });
        if (parent?.aborted === true) abort();
        else parent?.addEventListener("abort", abort);
        return {
          signal: controller.signal,
          get expired() {
            return expired;
          },
          [Symbol.dispose]() {
            cancel();
            parent?.removeEventListener("abort", abort);
          },
        };
      },
    };
  }
}

/** Keeps (time, insertion) order; the queue holds tens of entries, so a search from the end is the cheapest. */
function insert(queue: Happening[], happening: Happening): void {
  let index = queue.length;
  while (index > 0 && (queue[index - 1]?.atMs ?? 0) > happening.atMs) index -= 1;
  queue.splice(index, 0, happening);
}

/** mulberry32: small, and good enough to pick faults with. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
