import type { Frame } from "../../../src/model/frame.ts";
import { decodeLogRecord } from "../../../src/otlp/decode.ts";
import type { Cluster } from "../cluster.ts";
import { startWallMs } from "../machine.ts";
import type { Debts } from "./debts.ts";
import { textOf } from "./records.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

/** Between a write and its arrival: a removal does not say when it was, so the time of its arrival is taken for the present. */
const lateMsMax = 5000;

export interface ToldGap {
  readonly uid: string;
  readonly cause: string;
  readonly from: number;
  readonly to: number;
  /** ms since the world began. */
  readonly startMs: number;
  readonly recovered: number;
  readonly missing: string;
}

/**
 * Each list that closes a gap is told by one record:
 *
 * - "a gap is told": right after each such list that found something, and only then, with its cause
 * - "a gap has the right bounds": from the position to the list's own, which the next watch begins with; what was given
 *   before lies at or below the one, what is given after lies above the other
 * - "a gap has the right time": nothing that it brought back was written before it began. Weird but allowed: a
 *   watch that is open and mute, which passes for a quiet one
 * - "a gap says what is missing": that Events have expired unread, where some have
 * - "a gap says what was recovered": how many Events
 * - "the list's records say where they are from" is held by the debts: what lies between is owed only as far as the
 *   list could see it
 */
export class Gaps {
  readonly #verdict: Verdict;
  /** By instance: told, while the watch after it is not open yet. */
  readonly #open = new Map<Seen, ToldGap>();

  readonly #cluster: Cluster;
  readonly #debts: Debts;
  readonly #timesAreTrue: boolean;

  constructor(verdict: Verdict, cluster: Cluster, debts: Debts, timesAreTrue: boolean) {
    this.#verdict = verdict;
    this.#cluster = cluster;
    this.#debts = debts;
    this.#timesAreTrue = timesAreTrue;
  }

  told(seen: Seen, frame: Frame): ToldGap | undefined {
    const decoded = decodeLogRecord(frame.logRecord);
    if (decoded.kind !== "decoded" || decoded.value.eventName !== "tidings.gap") {
      this.#verdict.violated("a gap is told: another record of its own making leaves");
      return undefined;
    }
    const { attributes } = decoded.value;
    const gap: ToldGap = {
      uid: textOf(attributes.get("log.record.uid")),
      cause: textOf(attributes.get("tidings.gap.cause")),
      from: Number(textOf(attributes.get("tidings.gap.from"))),
      to: Number(textOf(attributes.get("tidings.gap.to"))),
      startMs: Date.parse(textOf(attributes.get("tidings.gap.start_time"))) - startWallMs,
      recovered: Number(attributes.get("tidings.gap.recovered")),
      missing: textOf(attributes.get("tidings.gap.missing")),
    };
    if (gap.cause !== seen.finishedList) {
      this.#verdict.violated(`a gap is told: ${gap.cause} after a list because of ${seen.finishedList}`);
    }
    if (gap.cause !== "history_replaced") {
      const { newestWatched, leastRecovered } = seen;
      if (gap.from < newestWatched || gap.from >= leastRecovered) {
        this.#verdict.violated(
          `a gap has the right bounds: from ${gap.from}, but ${newestWatched} was watched and ${leastRecovered} recovered`,
        );
      }
    }
    if (gap.recovered !== seen.recovered) {
      this.#verdict.violated(`a gap says what was recovered: ${gap.recovered}, but it was ${seen.recovered}`);
    }
    if (this.#timesAreTrue && gap.cause !== "history_replaced") this.#judgeTime(seen, gap);
    seen.leastRecovered = Number.POSITIVE_INFINITY;
    this.#open.set(seen, gap);
    return gap;
  }

  #judgeTime(seen: Seen, gap: ToldGap): void {
    const { from, to, startMs } = gap;
    if (startMs > seen.recoveredSinceMs + lateMsMax) {
      this.#verdict.violated(
        `a gap has the right time: from ${startMs}, but what it brought back is of ${seen.recoveredSinceMs}`,
      );
    }
    if (gap.missing !== "intermediate_states") return;
    const { stretches } = this.#cluster.history;
    const standing = new Set(this.#cluster.standing().map(({ key }) => key));
    for (const { state, until } of stretches.values()) {
      const { ordinal, revision, key } = state;
      const isExpired = until <= to && this.#cluster.expired.has(ordinal) && !standing.has(key);
      if (revision <= from || !isExpired || this.#debts.hasStored(ordinal)) continue;
      this.#verdict.violated(`a gap says what is missing: state ${ordinal} at ${revision} has expired`);
      return;
    }
  }

  watches(seen: Seen, resourceVersion: number): void {
    const gap = this.#open.get(seen);
    this.#open.delete(seen);
    const { finishedList } = seen;
    if (finishedList === undefined || finishedList === "start") return;
    const mayBeUntold = seen.listFoundNothing && finishedList === "gap";
    if (mayBeUntold) return;
    if (gap === undefined) {
      this.#verdict.violated(`a gap is told: none after a list because of ${finishedList}`);
    } else if (gap.to !== resourceVersion) {
      this.#verdict.violated(
        `a gap has the right bounds: to ${gap.to}, but the watch begins at ${resourceVersion}`,
      );
    }
  }
}
