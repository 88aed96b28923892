import type { Runtime } from "../shared/runtime.ts";

type Clocks = Pick<Runtime, "monotonicMs" | "wallMs">;

/** One moment by both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clocks: Clocks): Moment {
  return { monotonicMs: clocks.monotonicMs(), wallMs: clocks.wallMs() };
}

/**
 * Until when nobody else can hold our Lease: for `durationMs` from when the last renewal that succeeded was sent. Others
 * count from when they see it, which is later, and count longer.
 *
 * It goes by whichever clock went further. The monotonic one cannot be set, but on a machine that was suspended it may
 * not have counted. Then the wall clock has; and one that was only set forward ends a leadership for nothing, which costs
 * a restart. One that was set back says nothing.
 */
export class Fence {
  readonly #durationMs: number;
  readonly #clocks: Clocks;
  #since: Moment;

  constructor(durationMs: number, since: Moment, clocks: Clocks) {
    this.#durationMs = durationMs;
    this.#since = since;
    this.#clocks = clocks;
  }

  /** @param since - when the renewal was sent, not when it was answered. */
  renewed(since: Moment): void {
    this.#since = since;
  }

  /** 0 or less: somebody else may hold it by now. */
  remainingMs(): number {
    const { monotonicMs, wallMs } = momentOf(this.#clocks);
    const elapsedMs = Math.max(monotonicMs - this.#since.monotonicMs, wallMs - this.#since.wallMs);
    return this.#durationMs - elapsedMs;
  }

  /**
   * Why it is over, once `remainingMs` says so: with the wall clock alone, something was wrong with time. Not where it is
   * ahead by what clocks are slewed, or by its whole milliseconds.
   */
  cause(): "deadline" | "clock" {
    const elapsedMs = this.#clocks.monotonicMs() - this.#since.monotonicMs;
    return elapsedMs >= this.#durationMs * 0.9 ? "deadline" : "clock";
  }
}
