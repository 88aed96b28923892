import type { LeaseSpec } from "../kubernetes/lease-api.ts";

/**
 * When somebody else's Lease has run out, by our own clock alone: a holder is alive as long as its spec goes on changing.
 * The times in it are by the holder's clock, which may be hours off, and are only compared for being other than before.
 * Annotations do not count: who writes one keeps no dead holder alive.
 * https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go (tryAcquireOrRenew)
 */
export class ObservedLease {
  #spec: LeaseSpec | undefined;
  #changedAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs monotonic; when the read that gave `spec` was answered, so that a slow answer makes nobody expire. */
  observe(spec: LeaseSpec, nowMs: number): void {
    if (this.#spec === undefined || !isSame(this.#spec, spec)) this.#changedAtMs = nowMs;
    this.#spec = spec;
  }

  /**
   * When it may be taken, in monotonic ms: past where nobody holds it, Infinity where it was not observed yet. Without a
   * duration a holder has none left, as client-go reads it.
   */
  get freeAtMs(): number {
    if (this.#spec === undefined) return Number.POSITIVE_INFINITY;
    const { holderIdentity = "", leaseDurationSeconds = 0 } = this.#spec;
    return holderIdentity === ""
      ? Number.NEGATIVE_INFINITY
      : this.#changedAtMs + Math.max(0, leaseDurationSeconds) * 1000;
  }
}

function isSame(a: LeaseSpec, b: LeaseSpec): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.leaseDurationSeconds === b.leaseDurationSeconds &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.leaseTransitions === b.leaseTransitions
  );
}
