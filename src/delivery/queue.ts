import type { Frame, FrameResource } from "../model/frame.ts";
import type { Notify } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";
import { Waiters } from "../shared/waiters.ts";
import { Lane, type BatchLimits } from "./lane.ts";

export interface QueueOptions {
  /** Memory: of the frames' own bytes and of what it costs to hold them, which bounds their number as well. */
  readonly bytesMax: number;
  readonly batch: BatchLimits;
  /**
   * `mixed`: one order for all frames. `one_resource`: an order for each Resource and batches of one Resource only; who
   * was just served goes to the end, so that a flood in one namespace holds no other back.
   */
  readonly order: "mixed" | "one_resource";
}

/** What goes into one request, and stays on the queue's account until it is settled. */
export interface Batch {
  readonly frames: readonly Frame[];
  /** Monotonic ms. */
  readonly oldestArrivalMs: number;
}

/**
 * What a queued frame costs beside its bytes: the frame and its view (160 bytes measured on Node 24) and its places in
 * the lane.
 */
const frameOverheadBytes = 176;

/**
 * With an order for each Resource a frame can stay long after its neighbours of the same slab are gone, and would keep
 * 256 KiB alive for its kilobyte (`otlp/slab-writer.ts`). One that is held longer than this is copied out. Not at once:
 * that costs 2 us, as much as to encode it, and a healthy backend takes it sooner.
 */
const heldMsMax = 1000;

/** A queue that was full takes more only below this share of its bound: opening at each record would be no relief. */
const lowWaterMark = 0.75;

/**
 * The memory queue: bounded in bytes, counted from `push` to `settle`, so that what is in flight still takes its room. `push` always takes: the bound is held by `hasRoom`, which the intake awaits between pushes, so the queue
 * exceeds it by one push at most.
 */
export class FrameQueue {
  readonly #options: QueueOptions;
  readonly #runtime: Pick<Runtime, "monotonicMs">;
  readonly #notify: Notify;
  /** In the order of their next turn. Only lanes with frames: so there are never more than frames. */
  readonly #lanes = new Map<FrameResource | "mixed", Lane>();
  readonly #room = new Waiters();
  #records = 0;
  #bytes = 0;
  #fullSinceMs: number | undefined;
  #copiedOutAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: QueueOptions, runtime: Pick<Runtime, "monotonicMs">, notify: Notify) {
    this.#options = options;
    this.#runtime = runtime;
    this.#notify = notify;
  }

  /** Waiting or taken, but not settled. */
  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Monotonic ms of the oldest that is waiting; Infinity where none is. */
  get oldestArrivalMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) oldestMs = Math.min(oldestMs, lane.oldestArrivalMs);
    return oldestMs;
  }

  /** True when the next batch may be due sooner than it was: who sleeps until then should look again. */
  push(frames: readonly Frame[]): boolean {
    const nowMs = this.#runtime.monotonicMs();
    let changed = false;
    for (const frame of frames) {
      const lane = this.#laneOf(frame.resource);
      const before = lane.length === 0 || lane.full;
      lane.push(frame, nowMs);
      changed ||= lane.length === 1 || (lane.full && !before);
      this.#bytes += sizeOf(frame);
    }
    this.#records += frames.length;
    if (this.#options.order === "one_resource" && nowMs - this.#copiedOutAtMs >= heldMsMax) {
      this.#copiedOutAtMs = nowMs;
      for (const lane of this.#lanes.values()) lane.copyOut(nowMs - heldMsMax);
    }
    if (this.#fullSinceMs === undefined && !this.#isBelow(1)) {
      this.#fullSinceMs = nowMs;
      this.#notify({ kind: "queue_full", bytes: this.#bytes });
      return true;
    }
    return changed;
  }

  /**
   * The next batch that is due, or with `early` any; undefined where there is none. In a full queue any is due: nothing
   * would come to fill it up.
   */
  take(early: boolean): Batch | undefined {
    const nowMs =
      early || this.#fullSinceMs !== undefined ? Number.POSITIVE_INFINITY : this.#runtime.monotonicMs();
    for (const [key, lane] of this.#lanes) {
      if (lane.dueAtMs() > nowMs) continue;
      const { oldestArrivalMs } = lane;
      const frames = lane.take();
      this.#lanes.delete(key);
      if (lane.length > 0) this.#lanes.set(key, lane);
      return { frames, oldestArrivalMs };
    }
    return undefined;
  }

  /** When `take` will have one, in monotonic ms; Infinity where nothing waits. */
  dueAtMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) dueAtMs = Math.min(dueAtMs, lane.dueAtMs());
    return this.#fullSinceMs === undefined || this.#lanes.size === 0 ? dueAtMs : Number.NEGATIVE_INFINITY;
  }

  /** Frees the room of frames that were taken and are settled. */
  settle(frames: readonly Frame[]): void {
    for (const frame of frames) this.#bytes -= sizeOf(frame);
    this.#records -= frames.length;
    if (this.#fullSinceMs === undefined || !this.#isBelow(lowWaterMark)) return;
    const fullForMs = this.#runtime.monotonicMs() - this.#fullSinceMs;
    this.#fullSinceMs = undefined;
    this.#notify({ kind: "queue_drained", fullForMs });
    this.#room.release();
  }

  /** Resolves when the queue is not full, or as soon as `signal` aborts. */
  hasRoom(signal: AbortSignal): Promise<void> {
    return this.#fullSinceMs === undefined ? Promise.resolve() : this.#room.wait(signal);
  }

  #isBelow(share: number): boolean {
    return this.#bytes < this.#options.bytesMax * share;
  }

  #laneOf(resource: FrameResource): Lane {
    const key = this.#options.order === "mixed" ? "mixed" : resource;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(this.#options.batch);
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

function sizeOf(frame: Frame): number {
  return frame.logRecord.length + frameOverheadBytes;
}
