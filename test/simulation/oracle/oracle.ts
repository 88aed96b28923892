/**
 * What must hold in every simulated run, whatever happens. Each check has a name in words, which a violation begins with;
 * what is weird but allowed stands with the check.
 *
 * | of | checks | file |
 * |---|---|---|
 * | the books | both identities at every step, the queue and the account within their bounds | this one |
 * | the flow | nothing leaves a processor that never was, nor twice; what is settled is stored or refused | this one |
 * | who acts | the fence, by the deadline and by the Lease; who writes the checkpoint | `fencing.ts` |
 * | what is owed | no checkpoint passes it; in the end it is stored | `debts.ts` |
 * | what arrived | equal bytes, equal content, the duplicate window, order | `records.ts` |
 * | counts | through takeovers | `occurrences.ts` |
 * | gaps | told, with their bounds | `gaps.ts` |
 * | histories | no new epoch without a restore | this one |
 * | progress | a leader soon after the faults stop; everything delivered | `world.ts` |
 */
import { decodeCheckpoint } from "../../../src/leader/checkpoint.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { Ledgers } from "../../../src/model/ledger.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { HttpRequest } from "../../../src/net/http.ts";
import { decodeLogRecord } from "../../../src/otlp/decode.ts";
import type { EventItem, Output } from "../../../src/processor/processor.ts";
import type { ReceivedRecord } from "../../../src/standin/received-record.ts";
import type { Cluster, State } from "../cluster.ts";
import { Debts } from "./debts.ts";
import { Fencing, leaseBodyOf, type LeaseText } from "./fencing.ts";
import { Gaps } from "./gaps.ts";
import { OccurrencesCheck, type OccurrencesOptions } from "./occurrences.ts";
import { ordinalOf, ordinalsIn, Records, textOf } from "./records.ts";
import { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

export interface OracleOptions extends OccurrencesOptions {
  readonly renewDeadlineMs: number;
  readonly requestsInFlightMax: number;
  readonly queueBytesMax: number;
  /** Watches may stay open and say nothing. */
  readonly isSilenced: boolean;
  /** What a stop may take to deliver what was read. */
  readonly gracePeriodMs: number;
}

/** Whom `world.ts` knows by name. */
export type Peer = "events" | "leases" | "backend";

/** Inputs that are read and not settled, at most (`pipeline/intake.ts`). */
const unsettledMax = 65_536;
/** One push beyond the queue's bound: a chunk of a watch, or a part of a list. */
const pushBytesMax = 500 * 2048;
/** Answers by which a backend says of a single record that it will never take it. */
const refusing: ReadonlySet<number> = new Set([400, 413, 422, 500]);

export class Oracle {
  readonly debts: Debts;
  readonly fencing: Fencing;
  readonly records: Records;
  readonly occurrences: OccurrencesCheck;
  /** Somebody took away what the Lease remembered, or made it older. */
  memoryWasLost = false;
  /** The backend refuses records, and does not say which. */
  mayRefuseAny = false;
  /** Something happened after which occurrences need not add up. */
  sumsMayDiffer = false;
  readonly #verdict: Verdict;
  readonly #nowMs: () => number;
  readonly #cluster: Cluster;
  readonly #options: OracleOptions;
  readonly #gaps: Gaps;
  readonly #states = new Map<number, State>();
  readonly #seen = new Map<string, Seen>();
  /** What is on its way from a processor to its outlet, in order. */
  readonly #underway: State[] = [];
  readonly #stateOf = new WeakMap<Frame, State>();
  readonly #gapUidOf = new WeakMap<Frame, string>();
  readonly #beganMs = new WeakMap<HttpRequest, number>();

  constructor(verdict: Verdict, cluster: Cluster, nowMs: () => number, options: OracleOptions) {
    this.#nowMs = nowMs;
    this.#verdict = verdict;
    this.#cluster = cluster;
    this.#options = options;
    this.debts = new Debts(verdict, cluster);
    this.fencing = new Fencing(verdict, options.renewDeadlineMs);
    this.records = new Records(
      verdict,
      options.requestsInFlightMax === 1,
      () => this.memoryWasLost,
      (ordinal) => !options.clocksAreTrue || cluster.removedByHand.has(this.#states.get(ordinal)?.key ?? ""),
    );
    this.occurrences = new OccurrencesCheck(verdict, cluster, options);
    this.#gaps = new Gaps(verdict, cluster, this.debts, options.clocksAreTrue && !options.isSilenced);
    cluster.onState = (state) => this.#states.set(state.ordinal, state);
  }

  join(ordinal: number, identity: string): Seen {
    const seen = new Seen(ordinal, identity);
    this.#seen.set(identity, seen);
    return seen;
  }

  notice(seen: Seen, notice: Notice): void {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- most of what is said needs no check
    switch (notice.kind) {
      case "leader_acquired":
        seen.isLeading = true;
        // Until the checkpoint is resumed: it may find none, and what the term before it counted is counted again.
        if (this.records.byUid.size > 0 && this.fencing.standing === undefined) this.sumsMayDiffer = true;
        return;
      case "checkpoint_resumed": {
        const { standing } = this.fencing;
        const history =
          (standing === undefined ? undefined : this.debts.historyOf(standing)) ?? this.#cluster.history;
        seen.resumed = { position: Number(notice.position), epoch: notice.epoch, history };
        seen.history = history;
        seen.epoch = notice.epoch;
        return;
      }
      case "checkpoint_refused":
        this.sumsMayDiffer = true;
        if (!this.debts.hasForeign) {
          this.#verdict.violated(`our own checkpoint is taken: ${seen.identity} refuses it, ${notice.why}`);
        }
        return;
      case "list_started":
        seen.recovered = 0;
        seen.recoveredSinceMs = Number.POSITIVE_INFINITY;
        return;
      case "position_in_future":
      case "history_rewritten":
        if (this.#cluster.history.number === 0 || seen.toldOf === this.#cluster.history) {
          this.#verdict.violated(`no new epoch without a restore: ${seen.identity} says ${notice.kind}`);
        }
        seen.toldOf = this.#cluster.history;
        seen.epoch += 1;
        seen.beganEpoch = true;
        seen.newestWatched = 0;
        seen.history = this.#cluster.history;
        this.sumsMayDiffer = true;
        return;
      case "list_finished":
        seen.finishedList = notice.cause;
        seen.listFoundNothing = notice.events === 0;
        if (notice.cause !== "start") {
          seen.hasGap = true;
          this.sumsMayDiffer = true;
        }
        seen.history = this.#cluster.history;
        return;
      case "watch_started":
        this.#watches(seen, Number(notice.resourceVersion));
        return;
      default:
    }
  }

  given(seen: Seen, { event, origin }: EventItem, { record }: Output): void {
    const { uid, resourceVersion } = event.metadata;
    const state = this.#states.get(ordinalOf(event.note) ?? 0);
    if (state === undefined || state.uid !== uid || String(state.revision) !== resourceVersion) {
      this.#verdict.violated(`nothing that never was: ${uid}/${resourceVersion} (${event.note})`);
      return;
    }
    if (origin === "added" || origin === "modified") seen.newestWatched = state.revision;
    if (origin === "recovered" || origin === "restored") seen.recovered += 1;
    if (origin === "recovered") {
      seen.leastRecovered = Math.min(seen.leastRecovered, state.revision);
      seen.recoveredSinceMs = Math.min(seen.recoveredSinceMs, state.writtenMs);
    }
    this.occurrences.given(seen, state, origin, record);
    if (record === undefined) return;
    if (record.occurrencesEstimated) this.sumsMayDiffer = true;
    const mark = seen.epoch === 0 ? "" : `/${seen.epoch}`;
    if (record.recordUid !== `${uid}/${resourceVersion}${mark}`) {
      this.#verdict.violated(`the epoch is in the uid: ${record.recordUid} in epoch ${seen.epoch}`);
    }
    if (seen.left.has(record.recordUid)) {
      this.#verdict.violated(`nothing twice: ${record.recordUid} left ${seen.identity} again (${origin})`);
    }
    seen.left.add(record.recordUid);
    this.#underway.push(state);
  }

  pushed(seen: Seen, frames: readonly Frame[]): void {
    const underway = this.#underway.splice(0);
    if (underway.length === frames.length) {
      frames.forEach((frame, index) => this.#stateOf.set(frame, underway[index] ?? missingState()));
      return;
    }
    for (const frame of frames) {
      const decoded = decodeLogRecord(frame.logRecord);
      const ordinal = decoded.kind === "decoded" ? ordinalOf(decoded.value.body) : undefined;
      const state = ordinal === undefined ? undefined : this.#states.get(ordinal);
      if (state === undefined) this.#toldGap(seen, frame);
      else this.#stateOf.set(frame, state);
    }
  }

  settled(seen: Seen, frames: readonly Frame[]): void {
    for (const frame of frames) {
      const ordinal = this.#stateOf.get(frame)?.ordinal;
      const gapUid = this.#gapUidOf.get(frame);
      const isKnown =
        ordinal === undefined
          ? this.mayRefuseAny || gapUid === undefined || this.records.byUid.has(gapUid)
          : this.debts.hasStored(ordinal) || this.debts.hasRefused(ordinal);
      if (!isKnown) {
        this.#verdict.violated(
          `what is settled is stored or refused: ${seen.identity} settled ${ordinal ?? gapUid}`,
        );
      }
    }
  }

  /** `seen` begins a request. */
  requested(seen: Seen, peer: Peer, request: HttpRequest, nowMs: number): void {
    if (peer === "backend" && request.body !== undefined) {
      this.fencing.sends(seen, nowMs);
      for (const ordinal of ordinalsIn(request.body)) {
        if (seen.beganEpoch || !seen.confirmed.has(ordinal)) continue;
        this.#verdict.violated(
          `nothing is sent again that the backend has confirmed: ${seen.identity} sends state ${ordinal}`,
        );
        return;
      }
    }
    if (peer === "leases" && request.method !== "GET") {
      this.#beganMs.set(request, nowMs);
      const checkpoint = leaseBodyOf(request.body)?.checkpoint;
      if (checkpoint !== undefined) {
        this.debts.checkpoint(seen, checkpoint, this.fencing.standing, this.#options.startFrom);
      }
    }
  }

  /** `seen` has the head of the backend's answer. */
  answered(seen: Seen, request: HttpRequest, status: number): void {
    if (request.body === undefined) return;
    const ordinals = ordinalsIn(request.body);
    if (status >= 200 && status < 300) {
      for (const ordinal of ordinals) {
        seen.confirmed.add(ordinal);
        if (!this.debts.hasStored(ordinal)) this.#refused(ordinal);
      }
    } else if (refusing.has(status) && ordinals.length <= 1) {
      const [ordinal] = ordinals;
      this.#refused(ordinal);
    }
  }

  /** The API server took this write of the Lease from `seen`. */
  leaseWritten(seen: Seen, request: HttpRequest, lease: LeaseText): void {
    if (lease.holder === "") this.#released(seen, lease);
    this.fencing.written(seen, lease, this.#beganMs.get(request) ?? 0);
  }

  /** Somebody else wrote it. */
  leaseTampered(lease: LeaseText | undefined): void {
    if (lease?.checkpoint !== this.fencing.standing) {
      this.debts.foreign(lease?.checkpoint);
      this.memoryWasLost = true;
      this.sumsMayDiffer = true;
    }
    this.fencing.tampered(lease);
  }

  stored(received: readonly ReceivedRecord[]): void {
    for (const one of received) {
      const identity = textOf(one.resource.attributes.get("service.name"));
      const by = this.#seen.get(identity);
      if (by === undefined) {
        this.#verdict.violated(`a record says whose it is: ${identity}`);
        continue;
      }
      const { ordinal } = this.records.stored(by, one);
      if (ordinal !== undefined) this.debts.stored(ordinal);
    }
  }

  /** Both identities, and the bounds, at this moment. */
  books(seen: Seen, ledgers: Ledgers): void {
    const intake = ledgers.intake();
    const delivery = ledgers.delivery();
    if (intake.received !== intake.filtered + intake.malformed + intake.warmed + intake.accepted) {
      this.#verdict.violated(`received = filtered + malformed + warmed + accepted: not in ${seen.identity}`);
    }
    if (intake.accepted + intake.produced !== delivery.accepted) {
      this.#verdict.violated(`accepted + produced = taken by the delivery: not in ${seen.identity}`);
    }
    const ended = delivery.delivered + sum(delivery.rejected) + sum(delivery.dropped);
    if (delivery.accepted !== ended + delivery.queued) {
      this.#verdict.violated(`accepted = delivered + rejected + dropped + queued: not in ${seen.identity}`);
    }
    if (delivery.queuedBytes > this.#options.queueBytesMax + pushBytesMax) {
      this.#verdict.violated(`the queue is bounded: ${delivery.queuedBytes} bytes in ${seen.identity}`);
    }
    if (ledgers.leader().unsettled > unsettledMax) {
      this.#verdict.violated(`the account is bounded: not in ${seen.identity}`);
    }
  }

  #watches(seen: Seen, resourceVersion: number): void {
    this.#gaps.watches(seen, resourceVersion);
    const { history } = this.#cluster;
    const isFirst = seen.resumed === undefined && seen.history === undefined;
    if (seen.finishedList === "start") this.debts.listed(history, 0, resourceVersion, true);
    else if (seen.finishedList === "gap" && seen.listFoundNothing) {
      // Untold, because nothing stands that is newer: what was made and deleted by hand meanwhile left no trace.
      this.debts.listed(history, seen.newestWatched, resourceVersion, true);
    } else if (isFirst && this.#options.startFrom === "now") {
      this.debts.listed(history, 0, resourceVersion, false);
      seen.beganAt = resourceVersion;
    }
    seen.finishedList = undefined;
    seen.history = history;
  }

  /**
   * "a stop delivers before it gives the Lease back": unless its time is over, and then nothing is left to read again.
   */
  #released(seen: Seen, { checkpoint }: LeaseText): void {
    const queued = seen.ledgers?.delivery().queued ?? 0;
    if (queued > 0) {
      const stoppingMs = this.#nowMs() - (seen.stoppedAtMs ?? 0);
      if (stoppingMs >= this.#options.gracePeriodMs) return;
      this.#verdict.violated(
        `a stop delivers before it gives the Lease back: ${queued} are queued after ${Math.round(stoppingMs)} ms`,
      );
    } else if (checkpoint !== undefined && this.debts.writerOf(checkpoint) === seen) {
      const reading = decodeCheckpoint(checkpoint, "");
      if (reading.kind === "found" && reading.checkpoint.acknowledged["*"] === reading.checkpoint.read["*"]) {
        return;
      }
      this.#verdict.violated(`a stop leaves nothing to read again: ${checkpoint}`);
    }
  }

  #toldGap(seen: Seen, frame: Frame): void {
    const gap = this.#gaps.told(seen, frame);
    if (gap === undefined) return;
    this.#gapUidOf.set(frame, gap.uid);
    const from = gap.cause === "history_replaced" ? 0 : gap.from;
    this.debts.listed(this.#cluster.history, from, gap.to, true);
  }

  #refused(ordinal: number | undefined): void {
    this.mayRefuseAny = true;
    this.sumsMayDiffer = true;
    if (ordinal !== undefined) this.debts.refused(ordinal);
  }
}

function missingState(): never {
  throw new Error("A frame without its state");
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
