import { setImmediate } from "node:timers/promises";

import type { Runtime } from "../../../src/shared/runtime.ts";

/** Time that passes only when everything waits for it: a back-off of an hour costs nothing, and each run is the same. */
export class VirtualRuntime implements Runtime {
  #nowMs = 1_764_063_000_000;
  #timers: { readonly atMs: number; fire(): void }[] = [];

  wallMs = (): number => this.#nowMs;
  monotonicMs = (): number => this.#nowMs;
  random = (): number => 0.5;

  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    using timer = this.timeout(delayMs, signal);
    const ended = Promise.withResolvers<void>();
    if (timer.signal.aborted) return;
    timer.signal.addEventListener("abort", () => ended.resolve());
    await ended.promise;
  }

  timeout(delayMs: number, parent?: AbortSignal): ReturnType<Runtime["timeout"]> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    let expired = false;
    const timer = {
      atMs: this.#nowMs + delayMs,
      fire: (): void => {
        expired = true;
        abort();
      },
    };
    this.#timers.push(timer);
    if (parent?.aborted === true) abort();
    parent?.addEventListener("abort", abort);
    return {
      signal: controller.signal,
      get expired() {
        return expired;
      },
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        parent?.removeEventListener("abort", abort);
      },
    };
  }

  /** Lets everything run that does not wait for time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  }

  /** Lets time pass, timer by timer, until `done` or, without it, until `atMs`. */
  async pass(until: { readonly done?: () => boolean; readonly ms?: number }): Promise<void> {
    const endMs = this.#nowMs + (until.ms ?? Number.POSITIVE_INFINITY);
    for (;;) {
      await this.settle();
      if (until.done?.() === true) return;
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > endMs) {
        if (until.done !== undefined) throw new Error("Nothing is left to wait for, and it is not done");
        this.#nowMs = endMs;
        return;
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.fire();
    }
  }
}
