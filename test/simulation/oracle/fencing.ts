import { checkpointAnnotation } from "../../../src/leader/checkpoint.ts";
import { isObject } from "../../../src/shared/is-object.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

/** A Lease as the API server has it, as far as it matters here. */
export interface LeaseText {
  readonly holder: string;
  readonly checkpoint: string | undefined;
}

/** The wall clock has whole milliseconds. */
const clockGrainMs = 1;

/**
 * Who may act:
 *
 * - "no request to the backend starts after the deadline": of the sender's last renewal, by true time
 * - "no request to the backend starts once another has acquired": the Lease as the API server has it decides. Weird but
 *   allowed: a Lease that somebody deleted, restored or wrote a holder into is no fence; then only the deadline is one
 * - "nobody sends without having led"
 * - "only the holder writes the checkpoint", and who acquires leaves it as it is
 *
 * A request that is in flight when another acquires may arrive (kubernetes-events.md F, h).
 */
export class Fencing {
  readonly #verdict: Verdict;
  readonly #renewDeadlineMs: number;
  #lease: LeaseText | undefined;
  /** Ordinals of the instances that led when somebody tampered with the Lease. */
  #excused = new Set<Seen>();
  #holder: Seen | undefined;
  #lastHolder: Seen | undefined;

  constructor(verdict: Verdict, renewDeadlineMs: number) {
    this.#verdict = verdict;
    this.#renewDeadlineMs = renewDeadlineMs;
  }

  /** The checkpoint that stands in the Lease. */
  get standing(): string | undefined {
    return this.#lease?.checkpoint;
  }

  get holder(): Seen | undefined {
    return this.#holder;
  }

  /** The API server took `lease` from `seen`, who sent it at `sentMs`. */
  written(seen: Seen, lease: LeaseText, sentMs: number): void {
    const before = this.#lease;
    const isHolder = lease.holder === seen.identity;
    // One that has released it may do so again with a later word, and leave its word where somebody deleted the Lease,
    // while nobody else holds it.
    const wasHolder =
      before?.holder === seen.identity || ((before?.holder ?? "") === "" && this.#lastHolder === seen);
    if (!isHolder && !(wasHolder && lease.holder === "")) {
      this.#verdict.violated(`only the holder writes the Lease: ${seen.identity} wrote ${lease.holder}`);
    }
    if (before !== undefined && before.checkpoint !== lease.checkpoint && !wasHolder) {
      this.#verdict.violated(`only the holder writes the checkpoint: ${seen.identity} was none`);
    }
    this.#lease = lease;
    if (isHolder) seen.renewedAtMs = Math.max(seen.renewedAtMs, sentMs);
    this.#holder = isHolder ? seen : undefined;
    this.#lastHolder = seen;
  }

  /** Somebody else wrote it, or made it undone; undefined: deleted. */
  tampered(lease: LeaseText | undefined): void {
    if (this.#holder !== undefined) this.#excused.add(this.#holder);
    if (lease?.holder !== this.#lease?.holder) this.#holder = undefined;
    this.#lease = lease;
  }

  /** `seen` begins a request to the backend. */
  sends(seen: Seen, nowMs: number): void {
    const sinceMs = nowMs - seen.renewedAtMs;
    if (sinceMs > this.#renewDeadlineMs + clockGrainMs && !seen.timeIsHidden) {
      this.#verdict.violated(
        `no request to the backend starts after the deadline: ${seen.identity} renewed ${Math.round(sinceMs)} ms ago`,
      );
    }
    const isExcused = this.#excused.has(seen) || seen.timeIsHidden;
    if (this.#holder !== undefined && this.#holder !== seen && !isExcused) {
      this.#verdict.violated(
        `no request to the backend starts once another has acquired: ${seen.identity} sends, ${this.#holder.identity} leads`,
      );
    }
    if (!seen.isLeading) this.#verdict.violated(`nobody sends without having led: ${seen.identity}`);
  }
}

/** What a request would write. `spec`: as JSON. */
export function leaseBodyOf(
  body: Uint8Array | undefined,
): { readonly spec: string; readonly checkpoint: string | undefined } | undefined {
  if (body === undefined) return undefined;
  const lease: unknown = JSON.parse(Buffer.from(body).toString());
  if (!isObject(lease) || !isObject(lease["metadata"])) return undefined;
  const { annotations } = lease["metadata"];
  const checkpoint = isObject(annotations) ? annotations[checkpointAnnotation] : undefined;
  return {
    spec: JSON.stringify(lease["spec"]),
    checkpoint: typeof checkpoint === "string" ? checkpoint : undefined,
  };
}
