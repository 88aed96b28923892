import type { Runtime } from "./runtime.ts";

/** Bounds of a back-off, in ms. */
export interface BackoffPolicy {
  readonly delayMsInitial: number;
  readonly delayMsMax: number;
}

/**
 * Exponential back-off with full jitter above the half: the n-th delay lies in [d/2, d) with
 * d = min(initial * 2^n, max), so that many clients that failed together do not come back together.
 */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #runtime: Pick<Runtime, "random">;
  #attempt = 0;

  constructor(policy: BackoffPolicy, runtime: Pick<Runtime, "random">) {
    this.#policy = policy;
    this.#runtime = runtime;
  }

  /** Failures since the last `reset`. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The delay before the next try, in ms. */
  nextDelayMs(): number {
    // 2^30 is beyond any sensible maximum; the cap keeps the power finite however long a fault lasts.
    const delayMs = Math.min(
      this.#policy.delayMsInitial * 2 ** Math.min(this.#attempt, 30),
      this.#policy.delayMsMax,
    );
    this.#attempt += 1;
    return delayMs * (0.5 + this.#runtime.random() / 2);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
