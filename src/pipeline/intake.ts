import type { EventRecord } from "../model/event-record.ts";
import type { Frame } from "../model/frame.ts";
import type { IntakeLedger } from "../model/ledger.ts";
import type { Notify } from "../model/notice.ts";
import type { OwnRecord } from "../model/own-record.ts";
import type { SourceItem } from "../model/source-item.ts";
import type { Gap } from "../processor/gap-record.ts";
import type { Processor } from "../processor/processor.ts";
import { assertNever } from "../shared/assert-never.ts";
import type { Runtime } from "../shared/runtime.ts";
import { Waiters } from "../shared/waiters.ts";
import { AcknowledgedPresent } from "./acknowledged-present.ts";
import { Progress } from "./progress.ts";
import type { Term } from "./term.ts";

export interface IntakeParts {
  /**
   * Inputs from the oldest that is not settled to the newest, at least `batchItemsMax` twice. Bounds what a crash may bring
   * a second time out of turn, and the memory of the account: 9 bytes each.
   */
  readonly openMax: number;
  readonly processor: Processor;
  readonly gapRecord: (gap: Gap) => OwnRecord;
  readonly outlet: {
    push(frames: readonly Frame[]): void;
    hasRoom(signal: AbortSignal): Promise<void>;
  };
  /** `rest`: it waits for room. However long the endpoint is away, the loop is not stuck: a restart would mend nothing. */
  readonly beats: { readonly beat: () => void; readonly rest: () => void };
  /** Counts what happened in the cluster, for `tidings.events`. */
  readonly count: (record: EventRecord) => void;
  readonly notify: Notify;
  readonly runtime: Runtime;
}

/** How far the term has come. */
export interface IntakePosition {
  /** undefined until the first list is read and delivered, and again when the history was replaced. */
  readonly acknowledged: string | undefined;
  readonly read: string | undefined;
  readonly epoch: number;
  /** Inputs given to the outlet and not settled. */
  readonly unsettled: number;
}

/** A batch is taken whole, and no network chunk and no part of a list holds more Events than this. */
const batchItemsMax = 8192;

/**
 * The loop from the source to the outlet. Each batch is taken whole in one synchronous turn, so the ledgers hold their
 * identities at every moment that anybody can look; then it waits for room, which holds the source back.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #progress: Progress;
  readonly #settled = new Waiters();
  readonly #present = new AcknowledgedPresent();
  #term: Term | undefined;
  #epoch = 0;
  #received = 0;
  #filtered = 0;
  #malformed = 0;
  #warmed = 0;
  #accepted = 0;
  #produced = 0;
  #removed = 0;
  #bookmarks = 0;
  #lagMs = 0;
  #hasForgotten = false;
  #distrusts = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#progress = new Progress({ openMax: parts.openMax });
  }

  ledger(): Omit<IntakeLedger, "bytes"> {
    return {
      received: this.#received,
      filtered: this.#filtered,
      malformed: this.#malformed,
      warmed: this.#warmed,
      accepted: this.#accepted,
      produced: this.#produced,
      removed: this.#removed,
      bookmarks: this.#bookmarks,
      lagMs: this.#lagMs,
    };
  }

  position(): IntakePosition {
    const { acknowledged, read, room } = this.#progress;
    return { acknowledged, read, epoch: this.#epoch, unsettled: this.#parts.openMax - room };
  }

  /** When the acknowledged position was last known to be the cluster's present, wall clock in ms; 0 where unknown. */
  presentMs(): number {
    const { acknowledged, read } = this.#progress;
    return this.#term === undefined ? 0 : this.#present.at(acknowledged, read, this.#term.currentAtMs());
  }

  /** Nothing more will happen to these frames, which this intake pushed. Each once. */
  settled(frames: readonly Frame[]): void {
    for (const frame of frames) this.#progress.settle(frame.input);
    this.presentMs();
    this.#settled.release();
  }

  /** Until `signal` aborts, or the source ends by itself. What was taken is in the outlet then. Called once. */
  async run(term: Term, signal: AbortSignal): Promise<void> {
    const { outlet, processor, runtime, beats } = this.#parts;
    const { before } = term;
    this.#term = term;
    this.#epoch = before?.epoch ?? 0;
    processor.beginEpoch(this.#epoch);
    if (before !== undefined && before.acknowledged !== "") this.#progress.resume(before.acknowledged);
    for await (const batch of term.items(signal)) {
      const frames = this.#take(batch, term, runtime.wallMs());
      this.presentMs();
      if (frames.length > 0) outlet.push(frames);
      this.#noticeForgetting();
      beats.rest();
      await outlet.hasRoom(signal);
      while (this.#progress.room < batchItemsMax && !signal.aborted) await this.#settled.wait(signal);
      beats.beat();
      // Room that came with the stop is none.
      if (signal.aborted) return;
    }
  }

  #noticeForgetting(): void {
    const { processor, notify } = this.#parts;
    const { baselines, baselinesForgotten } = processor.status();
    if (this.#hasForgotten || baselinesForgotten === 0) return;
    this.#hasForgotten = true;
    notify({ kind: "baselines_forgotten", limit: baselines });
  }

  #take(batch: readonly SourceItem[], term: Term, atMs: number): readonly Frame[] {
    const { processor, notify } = this.#parts;
    const progress = this.#progress;
    const frames: Frame[] = [];
    for (const item of batch) {
      switch (item.kind) {
        case "event":
          this.#takeEvent(item, term, atMs, frames);
          break;
        case "malformed":
          this.#received += 1;
          this.#malformed += 1;
          notify({
            kind: "event_malformed",
            fault: item.fault,
            bytes: item.bytes,
            excerpt: item.excerpt,
          });
          break;
        case "removed":
          this.#removed += 1;
          progress.reach(item.resourceVersion);
          break;
        case "bookmark":
          this.#bookmarks += 1;
          progress.reach(item.resourceVersion);
          break;
        case "takeover":
          // Inexact: perhaps after a part of an exact state was given.
          if (!item.exact) this.#distrustCounts(term);
          // With the whole state at hand, only what had expired before it can be older than what we know.
          else if (term.before !== undefined) processor.resume(term.before.timeMs - term.eventTtlMs);
          break;
        case "history_replaced":
          this.#epoch += 1;
          processor.beginEpoch(this.#epoch);
          if (term.before !== undefined && progress.read === term.before.acknowledged) {
            processor.resume(term.before.actedUntilMs);
          }
          progress.rewind();
          break;
        case "listed":
          if (item.cause !== "start") this.#tellGap(item, item.cause, term, atMs, frames);
          progress.reach(item.resourceVersion);
          this.#distrusts = false;
          break;
        default:
          assertNever(item);
      }
    }
    return frames;
  }

  #takeEvent(
    item: Extract<SourceItem, { readonly kind: "event" }>,
    term: Term,
    atMs: number,
    frames: Frame[],
  ): void {
    const { processor, count } = this.#parts;
    const isLive = item.origin === "added" || item.origin === "modified";
    // In a gap so early the leader before us may have been further than what we know of it.
    const { before } = term;
    if (item.origin === "recovered" && before !== undefined && term.currentAtMs() <= before.actedUntilMs) {
      this.#distrustCounts(term);
    }
    this.#received += 1;
    const { outcome, record } = processor.accept(item, atMs);
    if (record !== undefined) {
      this.#accepted += 1;
      frames.push(term.encoder.event(record, this.#progress.open()));
      // What happened before tidings was there is delivered, but would be a spike that never was in a metric.
      if (item.origin !== "stored") count(record);
      if (isLive && record.writeTimeMs > 0) this.#lagMs = Math.max(0, atMs - record.writeTimeMs);
    } else if (outcome === "warmed") {
      this.#warmed += 1;
    } else {
      this.#filtered += 1;
    }
    // A list's come in the order of their keys: of those only the end is a position.
    if (isLive) this.#progress.reach(item.event.metadata.resourceVersion);
  }

  /** Once in a list. */
  #distrustCounts({ before }: Term): void {
    if (before === undefined || this.#distrusts) return;
    this.#distrusts = true;
    this.#parts.processor.distrust();
    this.#parts.processor.resume(before.actedUntilMs);
  }

  #tellGap(
    item: Extract<SourceItem, { readonly kind: "listed" }>,
    cause: Gap["cause"],
    term: Term,
    atMs: number,
    frames: Frame[],
  ): void {
    const fromMs = Math.min(term.currentAtMs(), atMs);
    const { eventTtlMs, cluster, encoder } = term;
    const isExpired = atMs - fromMs > eventTtlMs;
    // In a quiet cluster every position is compacted away before anything moves it: no gap but in the watch.
    if (item.events === 0 && cause === "gap" && !isExpired) return;
    const record = this.#parts.gapRecord({
      cause,
      from: item.after,
      to: item.resourceVersion,
      fromMs,
      toMs: atMs,
      recovered: item.events,
      eventTtlMs,
      cluster,
      epoch: this.#epoch,
    });
    this.#produced += 1;
    frames.push(encoder.own(record, this.#progress.open()));
    if (isExpired) {
      this.#parts.notify({ kind: "events_expired", lastedMs: atMs - fromMs, eventTtlMs });
    }
  }
}
