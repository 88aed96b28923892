import type { EventRecord } from "../model/event-record.ts";
import { redactionNames, type RedactionName } from "../model/redaction-names.ts";
import type { SourceItem } from "../model/source-item.ts";
import { EventDraft } from "./event-draft.ts";
import { createFilter, type FilterOptions } from "./filter.ts";
import { capMessage, messageBytesMaxDefault } from "./message.ts";
import { normalise } from "./normalise.ts";
import { tellOccurrenceTime } from "./occurrence-time.ts";
import { Occurrences, type OccurrencesOptions } from "./occurrences.ts";
import { createRedactor, type Redaction } from "./redact.ts";
import { gradeByType } from "./severity.ts";

export type EventItem = Extract<SourceItem, { readonly kind: "event" }>;

export interface ProcessorOptions extends OccurrencesOptions {
  /** Longer messages are cut, in bytes of UTF-8; at least `messageBytesMaxLeast`. */
  readonly messageBytesMax: number;
  /** The built-in redactions in force. */
  readonly redactions: readonly RedactionName[];
  /** The user's own, run after the built-in ones; they must take linear time. */
  readonly extraRedactions: readonly Redaction[];
  readonly filter: FilterOptions;
}

export const processorDefaults: ProcessorOptions = {
  baselinesMax: 100_000,
  baselineHorizonMs: Number.NEGATIVE_INFINITY,
  messageBytesMax: messageBytesMaxDefault,
  redactions: redactionNames,
  extraRedactions: [],
  filter: { include: [], exclude: [] },
};

/** What became of one input. A processor that makes records of its own (decision 10) will give them beside it. */
export type Output =
  /** The input's record, for export. */
  | { readonly outcome: "accepted"; readonly record: EventRecord }
  /** Understood, but the filter keeps it from export. */
  | { readonly outcome: "filtered"; readonly record: undefined }
  /** Known to the leader before us: remembered, so that what follows is counted from there, and no record. */
  | { readonly outcome: "warmed"; readonly record: undefined }
  /** There was no input: time went on. */
  | { readonly outcome: "idle"; readonly record: undefined };

/** Plain numbers, read at any moment. */
export interface ProcessorStatus {
  /** Events whose count is remembered. */
  readonly baselines: number;
  /** Events forgotten for lack of room: above 0, `baselinesMax` is too small for the cluster. */
  readonly baselinesForgotten: number;
}

/**
 * Pure: no I/O, no clock, no chance. What it knows it was told, so the same calls give the same outputs (invariant 1).
 * Never throws for an Event that passed the guard of `source/`.
 */
export interface Processor {
  /** `atMs`: when the item was received, whole ms since the epoch. */
  accept(item: EventItem, atMs: number): Output;
  /** About once a second, live by the clock and in a replay by the items' own times. */
  advance(nowMs: number): Output;
  /**
   * There was a leader before us: from now on, an Event that is not known and began at `horizonMs` or before may have been
   * counted by it, so one occurrence of it is certain and its record says that this is an estimate. With the whole state of
   * then at hand, that is what may have expired before it; without it, all that the leader before us may have exported.
   */
  resume(horizonMs: number): void;
  /**
   * A leader before us may have counted further than what we were told of it: no count is remembered any more. Together
   * with `resume`, which says until when.
   */
  distrust(): void;
  /**
   * The cluster went back in time `epoch` times. From now on `recordUid` says so: the same resourceVersion of the same
   * Event may stand for another state, and what is exported again is another record.
   */
  beginEpoch(epoch: number): void;
  status(): ProcessorStatus;
}

const filtered: Output = { outcome: "filtered", record: undefined };
const warmed: Output = { outcome: "warmed", record: undefined };
const idle: Output = { outcome: "idle", record: undefined };

export function createProcessor(options: ProcessorOptions): Processor {
  const redact = createRedactor(options.redactions, options.extraRedactions);
  const occurrences = new Occurrences(options);
  const isExported = createFilter(options.filter);
  const { messageBytesMax } = options;
  /** What `recordUid` ends in. */
  let epochMark = "";

  return {
    /** The order of the stages, written once. */
    accept(item, atMs) {
      const draft = new EventDraft();
      draft.observedTimeUnixNano = BigInt(atMs) * 1_000_000n;
      normalise(item.event, draft);
      draft.recordUid += epochMark;
      tellOccurrenceTime(item.event, draft, atMs);
      occurrences.tell(draft, item.origin);
      // The stages before are those that remember.
      if (item.origin === "warmed") return warmed;
      gradeByType(draft);
      const redacted = redact(draft.body);
      if (redacted !== undefined) {
        draft.body = redacted.text;
        draft.redactions = redacted.count;
      }
      // After the redaction: a cut must not hide half a secret from it.
      capMessage(draft, messageBytesMax);
      // Last: what is not exported must still be known to the stages before (decision 11).
      return isExported(draft) ? { outcome: "accepted", record: draft } : filtered;
    },

    // No stage of today waits for time.
    advance: () => idle,

    resume: (horizonMs) => occurrences.raiseHorizon(horizonMs),

    distrust: () => occurrences.forget(),

    beginEpoch(epoch) {
      epochMark = epoch === 0 ? "" : `/${epoch}`;
    },

    status: () => ({
      baselines: occurrences.remembered,
      baselinesForgotten: occurrences.forgotten,
    }),
  };
}
