import type { Position } from "../model/position.ts";
import { compareResourceVersions, isResourceVersion } from "../model/resource-version.ts";
import { isObject } from "../shared/is-object.ts";

/**
 * The annotation of our Lease that holds the checkpoint. Its prefix is the word that stands in our other versioned
 * names (`tidings/v1`): a domain would have to be ours.
 */
export const checkpointAnnotation = "tidings/checkpoint";

/** What the next leader needs to know of this one, written with each renewal. */
export interface Checkpoint {
  /**
   * The cluster's uid, because resourceVersions of another cluster mean nothing in this one; "" where it could not be
   * known, which is no other cluster.
   */
  readonly cluster: string;
  /** Up to which everything is settled: where a new process goes on. */
  readonly acknowledged: Position;
  /** How far this leader had read: in no scope behind `acknowledged`. What is between may arrive a second time. */
  readonly read: Position;
  /** When it was written, ms since the epoch: an Event that began after it was not seen by this leader. */
  readonly timeMs: number;
  /** How often etcd was found to have gone back in time. An integer, 0 at first. */
  readonly epoch: number;
  /**
   * When the API server wrote the newest Event that this leader saw, ms since the epoch; 0 where it saw none. One that was
   * written later, at a position that is read already, is of another history. A time that no API server gives is written
   * as none: an Event's strange time must not cost the checkpoint.
   */
  readonly writtenMs: number;
  /**
   * When `acknowledged` was last known to be the cluster's present, ms since the epoch; 0 where unknown. What happened later
   * is what a leader may miss that cannot go on from there.
   */
  readonly presentMs: number;
}

export type CheckpointReading =
  | { readonly kind: "found"; readonly checkpoint: Checkpoint }
  /** Nobody has written one: the first start, or the Lease was made anew. */
  | { readonly kind: "absent" }
  /** Somebody else's hand, or a fault of ours. `why` is one short line. */
  | { readonly kind: "broken"; readonly why: string }
  /** A newer tidings wrote it, as in a rollback. What its fields mean is not ours to guess. */
  | { readonly kind: "newer"; readonly version: number }
  /** Of a version that is no longer read. */
  | { readonly kind: "older"; readonly version: number }
  /** The Lease was restored or copied from elsewhere. `cluster` is cut as an excerpt is. */
  | { readonly kind: "other_cluster"; readonly cluster: string };

const version = 1;

/**
 * In UTF-16 units. All annotations of an object may take 256 KiB together, and whoever may annotate may write anything;
 * ours of one scope takes about 200.
 */
const textLengthMax = 16 * 1024;

/** Of somebody else's text, in UTF-16 units: it ends in a log line. */
const excerptLengthMax = 100;

/** The length of a time as `Date` writes it; with other years than 0 to 9999 it would be longer, and no RFC 3339. */
const timeLength = "2026-11-25T21:30:00.000Z".length;
const timeMsMax = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The checkpoint as the annotation's value: JSON, on one line, the same text for the same checkpoint, readable in
 * `kubectl get lease -o yaml`.
 *
 * @throws RangeError when `decodeCheckpoint` would not take it: it must not stand where a good one was.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { cluster, acknowledged, read, timeMs, epoch, writtenMs, presentMs } = checkpoint;
  const text = JSON.stringify({
    v: version,
    cluster,
    acknowledged: sorted(acknowledged),
    read: sorted(read),
    time: new Date(timeMs).toISOString(),
    epoch,
    ...(isTimeMs(writtenMs) ? { written: new Date(writtenMs).toISOString() } : {}),
    ...(isTimeMs(presentMs) ? { present: new Date(presentMs).toISOString() } : {}),
  });
  const reading = decodeCheckpoint(text, cluster);
  if (reading.kind === "found") return text;
  throw new RangeError(
    `A checkpoint that could not be read again: ${reading.kind === "broken" ? reading.why : reading.kind}`,
  );
}

/**
 * Reads the annotation's value, which anybody who may annotate the Lease may have written. Never throws. Fields that it
 * does not know are left alone: a later tidings may add some without a new version.
 *
 * @param text - undefined where there is no such annotation.
 * @param cluster - the uid of the cluster that we are in.
 */
export function decodeCheckpoint(text: string | undefined, cluster: string): CheckpointReading {
  if (text === undefined) return { kind: "absent" };
  if (text.length > textLengthMax) {
    return broken(`it has ${text.length} characters, more than ${textLengthMax}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return broken(`it is no JSON: ${quoted(text)}`);
  }
  if (!isObject(parsed)) return broken(`it is no JSON object: ${quoted(text)}`);

  // First, because in another version every other field may be another thing.
  const v = parsed["v"];
  if (!isInteger(v)) return broken(`v is no integer${butIs(v)}`);
  if (v > version) return { kind: "newer", version: v };
  if (v < version) return { kind: "older", version: v };

  const theirs = parsed["cluster"];
  if (typeof theirs !== "string") return broken(`cluster is no text${butIs(theirs)}`);
  if (theirs !== "" && cluster !== "" && theirs !== cluster) {
    return { kind: "other_cluster", cluster: cut(theirs) };
  }

  const acknowledged = positionOf(parsed["acknowledged"], "acknowledged");
  if (typeof acknowledged === "string") return broken(acknowledged);
  const read = positionOf(parsed["read"], "read");
  if (typeof read === "string") return broken(read);
  for (const [scope, settled] of Object.entries(acknowledged)) {
    // `hasOwn`, because a scope may be called as a member of every object is.
    const reached = Object.hasOwn(read, scope) ? read[scope] : undefined;
    if (reached === undefined || compareResourceVersions(reached, settled) < 0) {
      return broken(`more is acknowledged than read of the scope ${quoted(scope)}`);
    }
  }

  const { time, epoch, written, present } = parsed;
  const timeMs = timeMsOf(time);
  if (Number.isNaN(timeMs)) return broken(`time is no time such as 2026-11-25T21:30:00.000Z${butIs(time)}`);
  const writtenMs = written === undefined ? 0 : timeMsOf(written);
  if (Number.isNaN(writtenMs)) {
    return broken(`written is no time such as 2026-11-25T21:30:00.000Z${butIs(written)}`);
  }
  const presentMs = present === undefined ? 0 : timeMsOf(present);
  if (Number.isNaN(presentMs)) {
    return broken(`present is no time such as 2026-11-25T21:30:00.000Z${butIs(present)}`);
  }
  if (!isInteger(epoch) || epoch < 0) return broken(`epoch is no integer from 0${butIs(epoch)}`);

  return {
    kind: "found",
    checkpoint: { cluster: theirs, acknowledged, read, timeMs, epoch, writtenMs, presentMs },
  };
}

function broken(why: string): CheckpointReading {
  return { kind: "broken", why };
}

/** The position, or why it is none. */
function positionOf(value: unknown, name: string): Position | string {
  if (!isObject(value)) return `${name} is no object${butIs(value)}`;
  const entries: [scope: string, resourceVersion: string][] = [];
  for (const [scope, resourceVersion] of Object.entries(value)) {
    if (typeof resourceVersion !== "string" || !isResourceVersion(resourceVersion)) {
      return `${name} has no resourceVersion for the scope ${quoted(scope)}${butIs(resourceVersion)}`;
    }
    entries.push([scope, resourceVersion]);
  }
  // Not by assignment, which would lose a scope called __proto__.
  return Object.fromEntries(entries);
}

/** NaN for what `Date` would not write so: its parser alone takes almost anything, 30 February for instance. */
function timeMsOf(time: unknown): number {
  if (typeof time !== "string" || time.length !== timeLength) return Number.NaN;
  const ms = Date.parse(time);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === time ? ms : Number.NaN;
}

/** One that is known, and that can be written. */
function isTimeMs(ms: number): boolean {
  return ms > 0 && ms <= timeMsMax;
}

function sorted(position: Position): Position {
  return Object.fromEntries(Object.entries(position).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Beyond the safe ones two integers may read as one. */
function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** What stands there instead. Not what is in it: to write out what is nested deeply would overflow the stack. */
function butIs(value: unknown): string {
  if (value === undefined) return ": it is missing";
  if (typeof value === "string") return `: ${quoted(value)}`;
  if (value === null || typeof value === "number" || typeof value === "boolean") return `: ${value}`;
  return "";
}

/** As JSON, so that no control character can forge a line. */
function quoted(text: string): string {
  return JSON.stringify(cut(text));
}

function cut(text: string): string {
  return text.length <= excerptLengthMax ? text : `${text.slice(0, excerptLengthMax - 1).toWellFormed()}…`;
}
