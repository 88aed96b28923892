import type { ApiFailure } from "../kubernetes/api-client.ts";
import type { Lease, LeaseAnswer, LeaseApi, LeaseSpec } from "../kubernetes/lease-api.ts";
import type { Runtime } from "../shared/runtime.ts";
import { checkpointAnnotation } from "./checkpoint.ts";
import { Fence, momentOf, type Moment } from "./fence.ts";
import type { LeaderOptions } from "./leader-options.ts";
import { carriedOver, heldSpec, isNeverHeld, isSameWrite, releasedSpec } from "./lease-spec.ts";

/** A Lease with our identity in it. */
export interface TakenLease {
  readonly lease: Lease;
  /** When the write was sent that made it ours. */
  readonly sent: Moment;
  /** False: that write was not answered, and this is what it would have come to. */
  readonly isCertain: boolean;
  /** When the holder before last wrote into it, by its own wall clock in ms; 0 where there was none. */
  readonly renewedBeforeMs: number;
}

export interface HeldLeaseParts {
  readonly leases: LeaseApi;
  readonly checkpoint: () => string | undefined;
  readonly runtime: Runtime;
}

/** What became of a renewal or of the release. */
export type Writing =
  | { readonly kind: "written" }
  /** It is not ours any more. */
  | { readonly kind: "taken"; readonly detail: string }
  /** It is gone, and not ours to create. */
  | { readonly kind: "missing"; readonly detail: string }
  /** Not written, as far as is known. To be tried again. */
  | { readonly kind: "failed"; readonly operation: string; readonly detail: string };

/** A write whose answer was lost, so that it may have been done. */
interface DoubtfulWrite {
  readonly spec: LeaseSpec;
  readonly checkpointIsOurs: boolean;
  readonly sent: Moment;
}

/** Of one renewal: somebody who annotates all the time must not keep us from ever resting. */
const writesMax = 4;

/**
 * The Lease while it is ours, and the only thing that writes to it: one write at a time, each with the resourceVersion of
 * what it replaces, so that none can undo what it has not seen.
 *
 * - The answer is a conflict, or does not come: look. What stands there decides.
 * - What stands there is what we wrote: it was done, as of when we sent it.
 * - Holder and transitions are ours: somebody else annotated it, so write again; or nothing was done, so later.
 * - Else the term is over.
 * - There is none: create it anew, with what we hold. There is one that nobody ever held: it was, so write that into it.
 */
export class HeldLease {
  readonly fence: Fence;
  readonly #options: LeaderOptions;
  readonly #parts: HeldLeaseParts;
  /** Our number among the terms: tells this term from one that somebody else had in between. */
  readonly transitions: number;
  #lease: Lease;
  /** `#lease` is not what stands there, or may not be. */
  #mustLook: boolean;
  #isThere = true;
  #doubtful: DoubtfulWrite | undefined;
  #checkpointSentMs: number | undefined;

  constructor({ lease, sent, isCertain }: TakenLease, options: LeaderOptions, parts: HeldLeaseParts) {
    this.#lease = lease;
    this.#mustLook = !isCertain;
    this.#options = options;
    this.#parts = parts;
    this.transitions = lease.spec.leaseTransitions ?? 0;
    this.fence = new Fence(options.renewDeadlineMs, sent, parts.runtime);
  }

  /** ms since the checkpoint that stands there was sent; 0 where it is none of ours. */
  get checkpointAgeMs(): number {
    return this.#checkpointSentMs === undefined
      ? 0
      : this.#parts.runtime.monotonicMs() - this.#checkpointSentMs;
  }

  /** Starts no request once the fence is closed or `signal` has aborted. */
  renew(signal: AbortSignal): Promise<Writing> {
    const { identity, leaseDurationMs } = this.#options;
    return this.#write((before, wallMs) => heldSpec(before, identity, leaseDurationMs, wallMs), signal);
  }

  /** Likewise. */
  release(signal: AbortSignal): Promise<Writing> {
    return this.#write(releasedSpec, signal);
  }

  async #write(
    draw: (before: LeaseSpec, wallMs: number) => LeaseSpec,
    signal: AbortSignal,
  ): Promise<Writing> {
    for (let write = 1; write <= writesMax; write += 1) {
      if (this.#mustLook) {
        const seen = await this.#look(signal);
        // That a write before this one was done, such as a renewal that the stop cut off, is not what is asked for now.
        if (seen !== undefined && seen.kind !== "written") return seen;
      }
      const written = await this.#put(draw, signal);
      if (written === undefined) continue;
      if (this.#doubtful === undefined) return written;
      const seen = await this.#look(signal);
      return seen?.kind === "written" || seen?.kind === "taken" ? seen : written;
    }
    return this.#failed("update", "somebody else writes to it all the time");
  }

  /** Undefined: it is for us to write. */
  async #look(signal: AbortSignal): Promise<Writing | undefined> {
    const limits = this.#limits(signal);
    if (limits === undefined) return this.#failed("give", "there is no time left to ask");
    const answer = await this.#parts.leases.get(this.#options.lease, limits, signal);
    const doubtful = this.#doubtful;
    if (answer.kind !== "ok") {
      if (!isStatus(answer, 404)) return this.#failed("give", detailOf(answer));
      this.#settled(undefined);
      return undefined;
    }
    const { spec } = answer.lease;
    this.#settled(isNeverHeld(spec) ? carriedOver(answer.lease, this.#lease) : answer.lease);
    if (isNeverHeld(spec)) return undefined;
    if (doubtful !== undefined && isSameWrite(doubtful.spec, spec)) {
      this.#done(doubtful);
      return { kind: "written" };
    }
    if (spec.holderIdentity === this.#options.identity && spec.leaseTransitions === this.transitions) {
      return undefined;
    }
    const { holderIdentity: holder = "" } = spec;
    return { kind: "taken", detail: holder === "" ? "nobody holds it now" : `${holder} holds it now` };
  }

  /** Undefined: look, or create it, and write again. */
  async #put(
    draw: (before: LeaseSpec, wallMs: number) => LeaseSpec,
    signal: AbortSignal,
  ): Promise<Writing | undefined> {
    const operation = this.#isThere ? "update" : "create";
    const limits = this.#limits(signal);
    if (limits === undefined) return this.#failed(operation, "there is no time left to ask");

    const sent = momentOf(this.#parts.runtime);
    const spec = draw(this.#lease.spec, sent.wallMs);
    const checkpoint = this.#parts.checkpoint();
    const attempt = { spec, checkpointIsOurs: checkpoint !== undefined, sent };
    const answer = await this.#send(spec, checkpoint, limits, signal);

    if (answer.kind === "ok") {
      this.#settled(answer.lease);
      this.#done(attempt);
      return { kind: "written" };
    }
    if (answer.kind === "network" || answer.code >= 500) {
      this.#mustLook = true;
      this.#doubtful = attempt;
      return this.#failed(operation, detailOf(answer));
    }
    // Nothing was done.
    if (answer.code === 409) {
      this.#mustLook = true;
      this.#doubtful = undefined;
      return undefined;
    }
    if (answer.code === 404 && this.#isThere) {
      this.#settled(undefined);
      return undefined;
    }
    if (answer.code === 403 && !this.#isThere) return { kind: "missing", detail: detailOf(answer) };
    return this.#failed(operation, detailOf(answer));
  }

  #send(
    spec: LeaseSpec,
    checkpoint: string | undefined,
    limits: { readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<LeaseAnswer> {
    const { leases } = this.#parts;
    const { metadata } = this.#lease;
    if (this.#isThere) {
      const annotations =
        checkpoint === undefined
          ? metadata.annotations
          : { ...metadata.annotations, [checkpointAnnotation]: checkpoint };
      const changed = annotations === undefined ? metadata : { ...metadata, annotations };
      return leases.update({ ...this.#lease, metadata: changed, spec }, limits, signal);
    }
    // Of what others had written into it nothing is known any more to be wanted; the checkpoint is.
    const kept = checkpoint ?? metadata.annotations?.[checkpointAnnotation];
    const annotations = kept === undefined ? {} : { [checkpointAnnotation]: kept };
    return leases.create({ metadata: { ...this.#options.lease, annotations }, spec }, limits, signal);
  }

  /** Undefined: no request may start. */
  #limits(signal: AbortSignal): { readonly timeoutMs: number } | undefined {
    const remainingMs = this.fence.remainingMs();
    if (signal.aborted || remainingMs <= 0) return undefined;
    return { timeoutMs: Math.min(requestTimeoutMs(this.#options), remainingMs) };
  }

  /** What stands there is known: this Lease, or none. */
  #settled(lease: Lease | undefined): void {
    this.#lease = lease ?? this.#lease;
    this.#isThere = lease !== undefined;
    this.#mustLook = false;
    this.#doubtful = undefined;
  }

  #done({ sent, checkpointIsOurs }: DoubtfulWrite): void {
    this.fence.renewed(sent);
    if (checkpointIsOurs) this.#checkpointSentMs = sent.monotonicMs;
  }

  #failed(operation: string, detail: string): Writing {
    const { namespace, name } = this.#options.lease;
    return { kind: "failed", operation: `${operation} the Lease ${namespace}/${name}`, detail };
  }
}

/** For one request. Half of the deadline, as in client-go: after one that hangs there is time for another. */
export function requestTimeoutMs({ renewDeadlineMs }: LeaderOptions): number {
  return renewDeadlineMs / 2;
}

export function isStatus(failure: ApiFailure, code: number): boolean {
  return failure.kind === "status" && failure.code === code;
}

export function detailOf(failure: ApiFailure): string {
  return failure.kind === "status" ? failure.message : failure.error.message;
}
