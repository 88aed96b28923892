/**
 * What we write into a Lease. Fields that are none of ours (`strategy`, or one of a later version) stay as they are.
 * https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go (tryAcquireOrRenew, release)
 */
import type { Lease, LeaseSpec } from "../kubernetes/lease-api.ts";
import { microTime } from "../kubernetes/micro-time.ts";
import { checkpointAnnotation } from "./checkpoint.ts";

/** Of a holder: one that takes it from nobody or from another whose time is over, or one that goes on with its term. */
export function heldSpec(
  before: LeaseSpec,
  identity: string,
  leaseDurationMs: number,
  wallMs: number,
): LeaseSpec {
  const { holderIdentity, leaseTransitions } = before;
  const isOurs = holderIdentity === identity;
  // The first term is number 0.
  const isFirst = isNeverHeld(before);
  return {
    ...before,
    holderIdentity: identity,
    // Whole seconds, and at least one, is all that the API takes. Rounded up: others then wait longer, not shorter.
    leaseDurationSeconds: Math.max(1, Math.ceil(leaseDurationMs / 1000)),
    acquireTime: isOurs ? (before.acquireTime ?? microTime(wallMs)) : microTime(wallMs),
    renewTime: isOurs ? laterThan(before.renewTime, wallMs) : microTime(wallMs),
    leaseTransitions: isOurs || isFirst ? (leaseTransitions ?? 0) : (leaseTransitions ?? 0) + 1,
  };
}

/** Nobody ever held it: as the chart makes it, also where it makes it anew because somebody deleted it. */
export function isNeverHeld({ holderIdentity, leaseTransitions }: LeaseSpec): boolean {
  return holderIdentity === undefined && leaseTransitions === undefined;
}

/**
 * A Lease that was deleted and made anew: what is known of the one before holds of it on, its holder and its checkpoint.
 * Who deletes a Lease cannot undo what was delivered, nor end a leadership that goes on.
 */
export function carriedOver(anew: Lease, before: Lease): Lease {
  const checkpoint = before.metadata.annotations?.[checkpointAnnotation];
  const known = checkpoint === undefined ? {} : { [checkpointAnnotation]: checkpoint };
  const annotations = { ...known, ...anew.metadata.annotations };
  return { ...anew, metadata: { ...anew.metadata, annotations }, spec: before.spec };
}

/** So that the next one takes it at once: without a holder, and with the shortest duration for who goes by that alone. */
export function releasedSpec(before: LeaseSpec, wallMs: number): LeaseSpec {
  return {
    ...before,
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: microTime(wallMs),
    renewTime: laterThan(before.renewTime, wallMs),
  };
}

/** What we wrote is what stands there: enough of it to tell one write from every other. */
export function isSameWrite(a: LeaseSpec, b: LeaseSpec): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.leaseTransitions === b.leaseTransitions &&
    a.renewTime === b.renewTime
  );
}

/**
 * A time that is other than the one before even where the wall clock was set back to it: who waits for the Lease takes a
 * holder that writes the same for a dead one.
 */
function laterThan(before: string | undefined, wallMs: number): string {
  const beforeMs = Date.parse(before ?? "");
  return microTime(Number.isNaN(beforeMs) ? wallMs : Math.max(wallMs, beforeMs + 1));
}
