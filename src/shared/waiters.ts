/** Those who wait for one thing to happen. Bounded by the callers: each waits at most once at a time. */
export class Waiters {
  readonly #resolves = new Set<() => void>();

  /** Resolves at the next `release`, or as soon as `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#resolves.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#resolves.add(end);
      signal.addEventListener("abort", end);
    });
  }

  release(): void {
    for (const resolve of this.#resolves) resolve();
  }
}
