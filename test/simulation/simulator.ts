import { createHash } from "node:crypto";

import type { Runtime } from "../../src/shared/runtime.ts";
import { Machine } from "./machine.ts";

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** Lines of a story that are kept: its end is what a failure is understood by. */
const storyLinesMax = 4000;

/**
 * Virtual time for real code. There is one queue of happenings, ordered by (time, insertion); between two of them every
 * promise that can settle does. Nothing else moves: with equal seeds the same things happen in the same order, which
 * `traceHash` proves.
 */
export class Simulator {
  readonly random: () => number;
  #nowMs = 0;
  #order = 0;
  #happened = 0;
  readonly #queue: Happening[] = [];
  readonly #trace = createHash("sha256");
  /** The last lines of the trace, for the story of a failure. */
  readonly story: string[] = [];
  /** Called after each happening, once all that follows from it at the same moment is done. */
  afterEach: () => void = () => {};

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Happenings so far. */
  get happened(): number {
    return this.#happened;
  }

  /** Adds a line to the trace: whatever a reader of a failing run wants to know, and the hash has to cover. */
  trace(what: string): void {
    const line = `${(this.#nowMs / 1000).toFixed(3)} ${what}`;
    this.#trace.update(line).update("\n");
    this.story.push(line);
    if (this.story.length > storyLinesMax) this.story.splice(0, storyLinesMax / 2);
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

  /** Of a machine that nothing happens to. */
  runtime(startMs?: number): Runtime {
    return new Machine(this, startMs).runtime;
  }

  /** Lets time pass until `done`, or up to `limitMs`; true when `done` came. */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    for (;;) {
      // All microtasks run before an immediate does, so every promise that can settle without time has settled.
      await new Promise((resolve) => setImmediate(resolve));
      this.afterEach();
      if (done()) return true;
      const next = this.#queue[0];
      if (next === undefined || next.atMs > limitMs) {
        this.#nowMs = Math.max(this.#nowMs, limitMs);
        return false;
      }
      this.#queue.shift();
      this.#nowMs = next.atMs;
      this.#happened += 1;
      next.happen();
    }
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
