import type { Frame, FrameResource } from "../model/frame.ts";
import { recordOverheadBytes, resourceOverheadBytes } from "../otlp/assemble.ts";

/** When a batch is closed: whichever comes first. */
export interface BatchLimits {
  readonly recordsMax: number;
  /** Of the request before compression. A single record that is larger goes alone. */
  readonly bytesMax: number;
  /** Age of its oldest record. */
  readonly delayMs: number;
}

/** Frames that leave in the order in which they came, and when each came (monotonic ms). */
export class Lane {
  readonly #limits: BatchLimits;
  // Two plain arrays: a queued frame costs no object of ours beside it.
  readonly #frames: Frame[] = [];
  readonly #arrivedAtMs: number[] = [];
  #recordBytes = 0;
  /** So many, the oldest, have bytes of their own. */
  #copiedOut = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#frames.length;
  }

  /** Monotonic ms; Infinity where the lane is empty. */
  get oldestArrivalMs(): number {
    return this.#arrivedAtMs[0] ?? Number.POSITIVE_INFINITY;
  }

  /** True when it holds a batch that need not wait for more. */
  get full(): boolean {
    return this.#frames.length >= this.#limits.recordsMax || this.#recordBytes >= this.#limits.bytesMax;
  }

  push(frame: Frame, nowMs: number): void {
    this.#frames.push(frame);
    this.#arrivedAtMs.push(nowMs);
    this.#recordBytes += frame.logRecord.length + recordOverheadBytes;
  }

  /** When a batch is due, in monotonic ms: in the past for a full one. */
  dueAtMs(): number {
    return this.full ? Number.NEGATIVE_INFINITY : this.oldestArrivalMs + this.#limits.delayMs;
  }

  /** Takes the oldest frames, as many as one request may hold. */
  take(): Frame[] {
    const count = this.#countOfOneBatch();
    this.#arrivedAtMs.splice(0, count);
    const taken = this.#frames.splice(0, count);
    this.#copiedOut = Math.max(0, this.#copiedOut - count);
    for (const frame of taken) this.#recordBytes -= frame.logRecord.length + recordOverheadBytes;
    return taken;
  }

  /** Gives frames that came before `beforeMs` bytes of their own, so that they keep no slab alive. */
  copyOut(beforeMs: number): void {
    for (
      ;
      (this.#arrivedAtMs[this.#copiedOut] ?? Number.POSITIVE_INFINITY) < beforeMs;
      this.#copiedOut += 1
    ) {
      const frame = this.#frames[this.#copiedOut];
      if (frame === undefined) return;
      this.#frames[this.#copiedOut] = { ...frame, logRecord: frame.logRecord.slice() };
    }
  }

  #countOfOneBatch(): number {
    const resources = new Set<FrameResource>();
    let bytes = 0;
    let count = 0;
    for (const { resource, logRecord } of this.#frames) {
      if (count === this.#limits.recordsMax) break;
      bytes += logRecord.length + recordOverheadBytes;
      if (!resources.has(resource)) {
        resources.add(resource);
        bytes += resource.resource.length + resource.scope.length + resourceOverheadBytes;
      }
      if (count > 0 && bytes > this.#limits.bytesMax) break;
      count += 1;
    }
    return count;
  }
}
