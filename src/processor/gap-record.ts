import { hash } from "node:crypto";

import { gapAttributes, type GapDetails, type GapMissing } from "../model/gap-attributes.ts";
import type { ListCause } from "../model/notice.ts";
import type { OwnAttribute, OwnRecord } from "../model/own-record.ts";
import { assertNever } from "../shared/assert-never.ts";

/** A time of which we know only what the cluster still held at its end. */
export interface Gap {
  readonly cause: Exclude<ListCause, "start">;
  /** resourceVersions: exclusive, inclusive. `from` is "" where no position was known. */
  readonly from: string;
  readonly to: string;
  /** Wall clock, whole ms: when `from` was last known to be the present, and when the comparison was done. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Events exported because of it, those that the filter kept back among them. */
  readonly recovered: number;
  readonly eventTtlMs: number;
  /** For the record's uid: the cluster's, and how often it went back in time. */
  readonly cluster: string;
  readonly epoch: number;
}

const eventName = "tidings.gap";

/** Says that there was a gap, what was recovered, and what cannot have been: a warning only where that is whole Events. */
export function gapRecord(gap: Gap): OwnRecord {
  const { cause, from, to, recovered, cluster, epoch } = gap;
  const missing = missingOf(gap);
  const details: GapDetails = {
    eventName,
    recordUid: hash("sha256", JSON.stringify([eventName, cluster, from, to, epoch])).slice(0, uidLength),
    cause,
    from,
    to,
    startTime: new Date(gap.fromMs).toISOString(),
    endTime: new Date(gap.toMs).toISOString(),
    recovered,
    missing,
  };
  const timeUnixNano = BigInt(gap.toMs) * 1_000_000n;
  return {
    eventName,
    recordUid: details.recordUid,
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano,
    severityNumber: missing === "intermediate_states" ? 9 : 13,
    body: `${whatHappened(gap)} ${whatIsMissing(gap, missing)}`,
    attributes: gapAttributes.flatMap((attribute): readonly OwnAttribute[] => {
      const value = attribute.read(details);
      return value === undefined || value === false || value === "" ? [] : [{ name: attribute.name, value }];
    }),
  };
}

/** Hexadecimal digits: as many bits as a uuid has. */
const uidLength = 32;

function missingOf({ cause, fromMs, toMs, eventTtlMs }: Gap): GapMissing {
  if (cause === "history_replaced") return "erased_by_restore";
  return toMs - fromMs > eventTtlMs ? "expired_events" : "intermediate_states";
}

function whatHappened({ cause, fromMs, toMs, recovered, epoch }: Gap): string {
  const unseen = `so what happened from ${seconds(fromMs)} to ${seconds(toMs)} was not watched; a list then ${found(recovered)}.`;
  switch (cause) {
    case "gap":
      return `The watch of Events could not be resumed, ${unseen}`;
    case "takeover":
      return `A new leader could not go on from where the one before it was, ${unseen}`;
    case "history_replaced":
      return (
        `The cluster's history was replaced between ${seconds(fromMs)} and ${seconds(toMs)}, as by a restore of etcd; ` +
        `what it holds now (${events(recovered)}) is exported again, in epoch ${epoch}, ` +
        "so an Event may be there twice, by design."
      );
    default:
      return assertNever(cause);
  }
}

function found(recovered: number): string {
  return recovered === 0 ? "found nothing new or changed" : `recovered ${events(recovered)}, new or changed`;
}

function events(count: number): string {
  return count === 1 ? "1 Event" : `${count} Events`;
}

function whatIsMissing({ toMs, eventTtlMs }: Gap, missing: GapMissing): string {
  switch (missing) {
    case "intermediate_states":
      return (
        "Missing may be states in between of Events that changed more than once, whose counts are still right, " +
        "and Events deleted by hand."
      );
    case "expired_events":
      return `Lost are the Events last changed before ${seconds(toMs - eventTtlMs)}, which have expired meanwhile.`;
    case "erased_by_restore":
      return "Missing is what the restore erased before it was read.";
    default:
      return assertNever(missing);
  }
}

/** RFC 3339 in whole seconds, for people. */
function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
