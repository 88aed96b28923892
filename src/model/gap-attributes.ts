import type { Attribute } from "./attribute.ts";
import type { ListCause } from "./notice.ts";

/** What a `tidings.gap` record says. */
export interface GapDetails {
  readonly eventName: string;
  readonly recordUid: string;
  readonly cause: Exclude<ListCause, "start">;
  /** resourceVersions: exclusive, inclusive. */
  readonly from: string;
  readonly to: string;
  /** RFC 3339. */
  readonly startTime: string;
  readonly endTime: string;
  readonly recovered: number;
  readonly missing: GapMissing;
}

/** The gravest of what the records around a gap cannot hold. */
export type GapMissing =
  /** What an Event said between its last state before the gap and its last one in it; and what was deleted by hand. */
  | "intermediate_states"
  /** Also Events that came and expired within the gap. */
  | "expired_events"
  /** What the cluster's own history lost. */
  | "erased_by_restore";

/** The table of what stands on a `tidings.gap` record; the record and `docs/telemetry.md` are made from it. */
export const gapAttributes: readonly Attribute<GapDetails>[] = [
  {
    name: "event.name",
    type: "string",
    example: "tidings.gap",
    when: "always",
    meaning: "The record's EventName again",
    stability: "development",
    read: (gap) => gap.eventName,
  },
  {
    name: "log.record.uid",
    type: "string",
    example: "6b1f…",
    when: "always",
    meaning: "Hash of cluster, bounds and epoch: records with an equal one are the same record",
    stability: "development",
    read: (gap) => gap.recordUid,
  },
  {
    name: "tidings.gap.cause",
    type: "string",
    example: "gap",
    when: "always",
    meaning:
      "`gap`: the watch could not be resumed; `takeover`: a new leader could not go on from where the one before it was; `history_replaced`: etcd was restored or swapped",
    stability: "development",
    read: (gap) => gap.cause,
  },
  {
    name: "tidings.gap.from",
    type: "string",
    example: "81723",
    when: "a position was known",
    meaning: "resourceVersion up to which everything had been read before",
    stability: "development",
    read: (gap) => gap.from,
  },
  {
    name: "tidings.gap.to",
    type: "string",
    example: "97001",
    when: "always",
    meaning:
      "resourceVersion of the list that closed the gap; with `history_replaced` it belongs to another history than `tidings.gap.from`",
    stability: "development",
    read: (gap) => gap.to,
  },
  {
    name: "tidings.gap.start_time",
    type: "string",
    example: "2026-11-25T09:30:00.250Z",
    when: "always",
    meaning: "When that position was last known to be the cluster's present, RFC 3339",
    stability: "development",
    read: (gap) => gap.startTime,
  },
  {
    name: "tidings.gap.end_time",
    type: "string",
    example: "2026-11-25T09:41:12.500Z",
    when: "always",
    meaning: "When the gap was closed, RFC 3339",
    stability: "development",
    read: (gap) => gap.endTime,
  },
  {
    name: "tidings.gap.recovered",
    type: "int",
    example: "42",
    when: "always",
    meaning: "Events that were found by comparing with what the cluster holds, and exported unless filtered",
    stability: "development",
    read: (gap) => gap.recovered,
  },
  {
    name: "tidings.gap.missing",
    type: "string",
    example: "intermediate_states",
    when: "always",
    meaning:
      "The gravest of what may be missing: `intermediate_states` (of Events that changed more than once, and what was deleted by hand); `expired_events` (besides those, Events whose time to live ended in the gap); `erased_by_restore` (what the cluster itself lost)",
    stability: "development",
    read: (gap) => gap.missing,
  },
];
