import type { Notify } from "../model/notice.ts";
import { Backoff, type BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import { Waiters } from "../shared/waiters.ts";

/** Who passes the gate: a batch on its way, by identity. */
export type Traveller = object;

/**
 * Stands before all requests, because they go to one backend: when it is unwell it is asked by one request, not by all
 * that are in flight.
 *
 * Open: everyone passes. Closed: only the prober does, the traveller whose failure closed it; it tries again and again,
 * the others wait, those too that were on their way and have failed meanwhile. The prober's answer opens the gate.
 * A success of one that was on its way before does not: that says nothing about now.
 */
export class Gate {
  readonly #runtime: Runtime;
  readonly #notify: Notify;
  readonly #backoff: Backoff;
  readonly #opened = new Waiters();
  readonly #hurried = new Waiters();
  #prober: Traveller | undefined;
  /** Monotonic ms of the first failure since the last answer. */
  #failingSinceMs: number | undefined;

  constructor(policy: BackoffPolicy, runtime: Runtime, notify: Notify) {
    this.#runtime = runtime;
    this.#notify = notify;
    this.#backoff = new Backoff(policy, runtime);
  }

  get open(): boolean {
    return this.#prober === undefined;
  }

  /** Resolves when `traveller` may send, or as soon as `signal` aborts. */
  async passed(traveller: Traveller, signal: AbortSignal): Promise<void> {
    while (this.#prober !== undefined && this.#prober !== traveller && !signal.aborted) {
      await this.#opened.wait(signal);
    }
  }

  /** The backend answered `traveller`, well or not: it is there. */
  answered(traveller: Traveller): void {
    if (this.#prober !== traveller) return;
    const failedForMs = this.#runtime.monotonicMs() - (this.#failingSinceMs ?? 0);
    this.#failingSinceMs = undefined;
    this.#backoff.reset();
    this.#notify({ kind: "backend_recovered", failedForMs });
    this.left(traveller);
  }

  /** `traveller` will not send again. Without an answer, the next one to fail goes on where this one stopped. */
  left(traveller: Traveller): void {
    if (this.#prober !== traveller) return;
    this.#prober = undefined;
    this.#opened.release();
  }

  /**
   * `traveller` failed. The prober, which it becomes if there is none, waits here before its next try: `delayMs`, or
   * what the back-off says. Others return at once, and wait in `passed`.
   */
  async failed(
    traveller: Traveller,
    detail: string,
    delayMs: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    this.#prober ??= traveller;
    if (this.#prober !== traveller) return;
    this.#failingSinceMs ??= this.#runtime.monotonicMs();
    // Asked for also where the delay is given: it counts the attempts.
    const backoffMs = this.#backoff.nextDelayMs();
    const retryInMs = delayMs ?? backoffMs;
    this.#notify({ kind: "backend_failed", detail, attempt: this.#backoff.attempt, retryInMs });
    using timer = this.#runtime.timeout(retryInMs, signal);
    await this.#hurried.wait(timer.signal);
  }

  /** Ends the wait before the next try, once: we are about to stop, and the backend may be back. */
  hurry(): void {
    this.#hurried.release();
  }
}
