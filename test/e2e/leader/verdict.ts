/** Holds what arrived against what was written. Pure, so that it can be shown to find what is wrong. */
import type { ArrivedGap, ArrivedRecord } from "./found.ts";
import { keyOf } from "./write-ledger.ts";
import type { Write, WriteLedger } from "./write-ledger.ts";

export interface Evidence {
  readonly ledger: WriteLedger;
  readonly records: readonly ArrivedRecord[];
  readonly gaps: readonly ArrivedGap[];
  /**
   * From where new leaders went on in this case: what is newer may be there twice. `undefined` among them: from nothing,
   * everything stored may be.
   */
  readonly takenOverFrom: readonly (bigint | undefined)[];
}

export interface Verdict {
  /** Writes that are nowhere, and should be. */
  readonly missing: readonly Write[];
  /** States between two others that a gap swallowed, which is allowed and said. */
  readonly swallowed: number;
  /** Records too many, of those that may be there twice. */
  readonly duplicates: number;
  /** Records of states that are there in another epoch too: ids tell them apart, as after a restore. */
  readonly inOtherEpochs: number;
  /** When the oldest of the duplicated states was written, ms since the epoch; undefined without duplicates. */
  readonly oldestDuplicateMs: number | undefined;
  readonly estimated: number;
  /** What must not be, in words. */
  readonly faults: readonly string[];
}

export function verdictOf(evidence: Evidence): Verdict {
  const { ledger, records, gaps, takenOverFrom } = evidence;
  const faults: string[] = [];
  const byKey = Map.groupBy(records, ({ key }) => key);
  const byRecordUid = Map.groupBy(records, ({ recordUid }) => recordUid);
  const written = new Map(ledger.writes.map((write) => [keyOf(write), write]));

  const begunAnew = takenOverFrom.includes(undefined);
  const { missing, swallowed } = findMissing(ledger, byKey, begunAnew ? [...gaps, wholeTime] : gaps);
  const again = findDuplicates(byRecordUid, written, takenOverFrom);
  faults.push(...again.faults);
  faults.push(...findStrangers(records, written, ledger));
  // Who begins from nothing counts everything anew.
  if (!begunAnew) faults.push(...findMiscounted(ledger, byRecordUid));
  return {
    missing,
    swallowed,
    duplicates: again.duplicates,
    inOtherEpochs: byRecordUid.size - byKey.size,
    oldestDuplicateMs: again.oldestMs,
    estimated: records.filter(({ isEstimated }) => isEstimated).length,
    faults,
  };
}

/** Who begins from nothing knows of no state before those that are stored, and of no gap either. */
const wholeTime: ArrivedGap = { cause: "start", from: undefined, to: BigInt(Number.MAX_SAFE_INTEGER) };

function findMissing(
  ledger: WriteLedger,
  byKey: ReadonlyMap<string, unknown>,
  gaps: readonly ArrivedGap[],
): { readonly missing: readonly Write[]; readonly swallowed: number } {
  const missing: Write[] = [];
  let swallowed = 0;
  for (const states of byEvent(ledger.writes).values()) {
    let isLaterThere = false;
    for (const state of states.toReversed()) {
      if (byKey.has(keyOf(state))) {
        isLaterThere = true;
      } else if (isLaterThere && gaps.some((gap) => isWithin(BigInt(state.resourceVersion), gap))) {
        swallowed += 1;
      } else if (!ledger.isErased(state)) {
        missing.push(state);
      }
    }
  }
  return { missing, swallowed };
}

/** A replaced history has no lower bound: where it left the one before is not known. */
function isWithin(version: bigint, { cause, from, to }: ArrivedGap): boolean {
  return version <= to && (from === undefined || cause === "history_replaced" || version > from);
}

function findDuplicates(
  byRecordUid: ReadonlyMap<string, readonly ArrivedRecord[]>,
  written: ReadonlyMap<string, Write>,
  takenOverFrom: readonly (bigint | undefined)[],
): {
  readonly duplicates: number;
  readonly oldestMs: number | undefined;
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  let duplicates = 0;
  let oldestMs: number | undefined;
  const allowedAfter = takenOverFrom.map((position) => position ?? 0n);
  for (const [recordUid, same] of byRecordUid) {
    const [first] = same;
    if (first === undefined || same.length === 1) continue;
    duplicates += same.length - 1;
    const write = written.get(first.key);
    if (write !== undefined) oldestMs = Math.min(oldestMs ?? write.atMs, write.atMs);
    const version = BigInt(first.key.split("/")[1] ?? "0");
    if (!allowedAfter.some((position) => version > position)) {
      faults.push(`${first.name} ${recordUid} is there ${same.length} times, and no takeover explains it`);
    }
    if (same.some(({ content }) => content !== first.content)) {
      faults.push(
        `${first.name} ${recordUid} is there twice with different content: ${same.map(({ content }) => content).join(" and ")}`,
      );
    }
  }
  return { duplicates, oldestMs, faults };
}

/** Records of what nobody wrote, or with another count than was written. */
function findStrangers(
  records: readonly ArrivedRecord[],
  written: ReadonlyMap<string, Write>,
  ledger: WriteLedger,
): readonly string[] {
  return records.flatMap(({ key, name, count, recordUid }) => {
    const write = written.get(key);
    if (write === undefined) {
      return ledger.uncertain.has(name) ? [] : [`${name} ${recordUid} is there, and was never written`];
    }
    return write.count === count
      ? []
      : [`${name} ${recordUid} says a count of ${count}, written was ${write.count}`];
  });
}

/** Within one epoch, occurrences add up to the count; with an estimate among them to no more than that. */
function findMiscounted(
  ledger: WriteLedger,
  byRecordUid: ReadonlyMap<string, readonly ArrivedRecord[]>,
): readonly string[] {
  const faults: string[] = [];
  const sums = new Map<string, { sum: number; isEstimated: boolean; name: string }>();
  for (const same of byRecordUid.values()) {
    const [first] = same;
    if (first === undefined) continue;
    const event = `${first.key.split("/")[0]}/${first.epoch}`;
    const before = sums.get(event) ?? { sum: 0, isEstimated: false, name: first.name };
    sums.set(event, {
      // Counted twice beyond the compaction window, a record may be estimated the second time.
      sum: before.sum + Math.min(...same.map(({ occurrences }) => occurrences)),
      isEstimated: before.isEstimated || same.some(({ isEstimated }) => isEstimated),
      name: first.name,
    });
  }
  const epochs = new Set([...sums.keys()].map((event) => event.split("/")[1]));
  for (const [uid, states] of byEvent(ledger.writes)) {
    const last = states.findLast((state) => !ledger.isErased(state));
    if (last === undefined || ledger.uncertain.has(last.name)) continue;
    const countMax = Math.max(...states.map(({ count }) => count));
    for (const epoch of epochs) {
      const found = sums.get(`${uid}/${epoch}`);
      if (found === undefined) continue;
      const { sum, isEstimated, name } = found;
      // A restored Event was counted in the epoch before, and what a restore erased may or may not have been.
      const isExact = epochs.size === 1 && !isEstimated && states.every((state) => !ledger.isErased(state));
      if (isExact ? sum !== last.count : sum > countMax) {
        faults.push(`${name}: its records say ${sum} occurrences, its count is ${last.count}`);
      }
    }
  }
  return faults;
}

function byEvent(writes: readonly Write[]): ReadonlyMap<string, readonly Write[]> {
  return Map.groupBy(writes, ({ uid }) => uid);
}
