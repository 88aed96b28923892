import { orAborted } from "./or-aborted.ts";

/** At most `max` holders at once; others wait in the order of their coming. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#free = max;
  }

  /** Resolves with a slot, which has to be released; rejects with a `NetworkError` when `signal` aborts before that. */
  async acquire(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const turn = Promise.withResolvers<undefined>();
    const take = (): void => turn.resolve(undefined);
    this.#waiting.push(take);
    try {
      await orAborted(turn.promise, signal);
    } catch (error) {
      const index = this.#waiting.indexOf(take);
      if (index >= 0) this.#waiting.splice(index, 1);
      // It came in the same moment: pass it on.
      else this.release();
      throw error;
    }
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
