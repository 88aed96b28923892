/** The judge of the fault cases, before anything is judged by it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { ArrivedGap, ArrivedRecord } from "../../../e2e/leader/found.ts";
import { verdictOf } from "../../../e2e/leader/verdict.ts";
import type { Evidence, Verdict } from "../../../e2e/leader/verdict.ts";
import { WriteLedger } from "../../../e2e/leader/write-ledger.ts";

suite("the verdict on a fault case", () => {
  test("nothing is wrong with what arrived once and whole", () => {
    const verdict = judged({
      records: [record(10), record(11, { count: 2 }), record(12, { count: 4, occurrences: 2 })],
    });
    assert.deepEqual(faultsOf(verdict), []);
  });

  test("a state that is nowhere is missing, the last one as well as one before", () => {
    assert.deepEqual(missingOf(judged({ records: [record(10), record(11, { count: 2 })] })), ["12"]);
    assert.deepEqual(missingOf(judged({ records: [record(10), record(12, { count: 4, occurrences: 3 })] })), [
      "11",
    ]);
  });

  test("a gap explains a missing state within its bounds, but never the last state", () => {
    const gap: ArrivedGap = { cause: "takeover", from: 10n, to: 12n };
    const records = [record(10), record(12, { count: 4, occurrences: 3 })];
    const within = judged({ records, gaps: [gap] });
    assert.deepEqual([missingOf(within), within.swallowed, faultsOf(within)], [[], 1, []]);
    assert.deepEqual(missingOf(judged({ records, gaps: [{ ...gap, from: 11n }] })), ["11"]);
    const withoutLast = [record(10), record(11, { count: 2 })];
    assert.deepEqual(missingOf(judged({ records: withoutLast, gaps: [gap] })), ["12"]);
  });

  test("what a restore erased need not be there", () => {
    const ledger = written();
    ledger.erase(10n, ({ resourceVersion }) => resourceVersion === "11");
    const verdict = judged({ ledger, records: [record(10), record(11, { count: 2 })] });
    assert.deepEqual([missingOf(verdict), faultsOf(verdict)], [[], []]);
    assert.deepEqual(missingOf(judged({ ledger, records: [record(10)] })), ["11"]);
  });

  test("a record may be there twice only after a takeover from before it, and with equal content", () => {
    const records = [...whole(), record(11, { count: 2 })];
    assert.match(faultsOf(judged({ records })).join(), /no takeover explains it/);
    assert.match(faultsOf(judged({ records, takenOverFrom: [11n] })).join(), /no takeover explains it/);
    const explained = judged({ records, takenOverFrom: [10n] });
    assert.deepEqual(
      [faultsOf(explained), explained.duplicates, explained.oldestDuplicateMs],
      [[], 1, 1_011],
    );
    const other = [...whole(), record(11, { count: 2, content: "other words" })];
    assert.match(faultsOf(judged({ records: other, takenOverFrom: [10n] })).join(), /different content/);
  });

  test("the same state in another epoch is another record, and may count anew what is stored", () => {
    const again = record(12, { count: 4, occurrences: 0, epoch: 1 });
    const verdict = judged({ records: [...whole(), again] });
    assert.deepEqual([faultsOf(verdict), verdict.duplicates, verdict.inOtherEpochs], [[], 0, 1]);
    const tooMuch = record(12, { count: 4, occurrences: 5, epoch: 1 });
    assert.match(faultsOf(judged({ records: [...whole(), tooMuch] })).join(), /5 occurrences/);
  });

  test("occurrences must add up, to no more than the count where one is estimated", () => {
    const [first, second] = whole();
    assert.ok(first !== undefined && second !== undefined);
    const low = record(12, { count: 4, occurrences: 1 });
    assert.match(faultsOf(judged({ records: [first, second, low] })).join(), /3 occurrences, its count is 4/);
    assert.deepEqual(faultsOf(judged({ records: [first, second, { ...low, isEstimated: true }] })), []);
    const high = record(12, { count: 4, occurrences: 3, isEstimated: true });
    assert.match(
      faultsOf(judged({ records: [first, second, high] })).join(),
      /5 occurrences, its count is 4/,
    );
  });

  test("who begins from nothing counts anew, and everything may be there twice", () => {
    const records = [...whole(), record(12, { count: 4, occurrences: 4 })];
    assert.deepEqual(faultsOf(judged({ records, takenOverFrom: [undefined] })), []);
    const last = [record(10), record(12, { count: 4, occurrences: 4 })];
    assert.deepEqual(missingOf(judged({ records: last, takenOverFrom: [undefined] })), []);
    assert.deepEqual(missingOf(judged({ records: [record(10)], takenOverFrom: [undefined] })), ["12", "11"]);
  });

  test("a record of what nobody wrote is found, and one with another count", () => {
    assert.match(faultsOf(judged({ records: [...whole(), record(13)] })).join(), /was never written/);
    const wrong = [record(10), record(11, { count: 3 }), record(12, { count: 4, occurrences: 2 })];
    assert.match(faultsOf(judged({ records: wrong })).join(), /says a count of 3, written was 2/);
  });

  test("of an Event whose write was never answered nothing is demanded", () => {
    const ledger = written();
    ledger.begun("pod");
    assert.deepEqual(faultsOf(judged({ ledger, records: [...whole(), record(13, { count: 5 })] })), []);
  });
});

/** One Event in three states: 1, 2 and 4 times. */
function written(): WriteLedger {
  const ledger = new WriteLedger();
  for (const [version, count] of [
    [10, 1],
    [11, 2],
    [12, 4],
  ] as const) {
    ledger.accepted({
      name: "pod",
      uid: "u",
      resourceVersion: String(version),
      count,
      atMs: 1_000 + version,
    });
  }
  return ledger;
}

function whole(): readonly ArrivedRecord[] {
  return [record(10), record(11, { count: 2 }), record(12, { count: 4, occurrences: 2 })];
}

function record(version: number, given: Partial<ArrivedRecord> = {}): ArrivedRecord {
  const { epoch = 0 } = given;
  const key = `u/${version}`;
  return {
    recordUid: epoch === 0 ? key : `${key}/${epoch}`,
    key,
    epoch,
    name: "pod",
    count: 1,
    occurrences: 1,
    isEstimated: false,
    content: "words",
    ...given,
  };
}

function judged(given: Partial<Evidence>): Verdict {
  return verdictOf({ ledger: written(), records: [], gaps: [], takenOverFrom: [], ...given });
}

function missingOf({ missing }: Verdict): readonly string[] {
  return missing.map(({ resourceVersion }) => resourceVersion);
}

/** Without what is merely missing. */
function faultsOf({ faults }: Verdict): readonly string[] {
  return faults;
}
