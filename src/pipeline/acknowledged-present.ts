import { compareResourceVersions } from "../model/resource-version.ts";

/**
 * When the acknowledged position was last known to be the cluster's present. Of what is read that is known as it is read; it
 * is acknowledged later, perhaps by hours, while the endpoint is away. So one moment at a time is kept until the position
 * that was the present then is acknowledged, and then the next is taken: the answer lags behind the truth by the way through
 * the delivery, and never runs ahead of it.
 */
export class AcknowledgedPresent {
  #knownMs = 0;
  #next: { readonly read: string; readonly atMs: number } | undefined;

  /**
   * The answer, 0 where unknown. Asked whenever something was read or settled, and whenever somebody wants to know.
   *
   * @param currentAtMs - when `read` was last known to be the present, wall clock in ms; 0 where unknown.
   */
  at(acknowledged: string | undefined, read: string | undefined, currentAtMs: number): number {
    // Nothing is read yet of what may be another history.
    if (read === undefined) {
      this.#next = undefined;
      this.#knownMs = 0;
      return 0;
    }
    if (acknowledged === read) {
      this.#knownMs = Math.max(this.#knownMs, currentAtMs);
      this.#next = undefined;
      return this.#knownMs;
    }
    const next = this.#next;
    if (
      next !== undefined &&
      acknowledged !== undefined &&
      compareResourceVersions(acknowledged, next.read) >= 0
    ) {
      this.#knownMs = Math.max(this.#knownMs, next.atMs);
      this.#next = undefined;
    }
    this.#next ??= { read, atMs: currentAtMs };
    return this.#knownMs;
  }
}
