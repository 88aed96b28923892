import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { EventRecord } from "../../../src/model/event-record.ts";
import type { EventOrigin } from "../../../src/model/source-item.ts";
import { createProcessor, processorDefaults, type Processor } from "../../../src/processor/processor.ts";
import { kubeletEvent } from "./sample-events.ts";

/**
 * What the leaders of one cluster say of its Events, one after the other, each with a processor of its own. The cluster
 * here is only its history: the states of a few Events, which expire when they are not written again in time, and are then
 * created anew under their name, counting on.
 */

const ttlMs = 3_600_000;
const startMs = Date.parse("2026-11-25T09:00:00.500Z");

interface Step {
  readonly event: number;
  /** Occurrences of which only this state tells. */
  readonly more: number;
  readonly afterMs: number;
}

/** A state of an Event; the resourceVersion is its place in the history, from 1. */
interface State {
  readonly name: string;
  readonly version: number;
  readonly origin: "added" | "modified";
  readonly uid: string;
  readonly count: number;
  readonly firstMs: number;
  readonly createdMs: number;
  readonly writtenMs: number;
}

function historyOf(steps: readonly Step[]): readonly State[] {
  const newest = new Map<string, State>();
  let nowMs = startMs;
  return steps.map(({ event, more, afterMs }, index) => {
    nowMs += afterMs;
    const name = `e${event}`;
    const before = newest.get(name);
    const isStored = before !== undefined && nowMs - before.writtenMs < ttlMs;
    const version = index + 1;
    const state: State = {
      name,
      version,
      origin: isStored ? "modified" : "added",
      uid: isStored ? before.uid : `uid-${version}`,
      count: (before?.count ?? 0) + more,
      firstMs: before?.firstMs ?? nowMs,
      createdMs: isStored ? before.createdMs : nowMs,
      writtenMs: nowMs,
    };
    newest.set(name, state);
    return state;
  });
}

/** What the cluster held when its history had come to `version`. */
function storedAt(history: readonly State[], version: number): State[] {
  const atMs = timeOf(history, version);
  const newest = new Map(history.slice(0, version).map((state) => [state.name, state]));
  return [...newest.values()].filter(({ writtenMs }) => atMs - writtenMs < ttlMs);
}

function timeOf(history: readonly State[], version: number): number {
  return history[version - 1]?.writtenMs ?? startMs;
}

function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}

function give(processor: Processor, state: State, origin: EventOrigin): EventRecord | undefined {
  const event = kubeletEvent(
    {
      deprecatedCount: state.count,
      deprecatedFirstTimestamp: seconds(state.firstMs),
      deprecatedLastTimestamp: seconds(state.writtenMs),
    },
    {
      name: state.name,
      uid: state.uid,
      resourceVersion: String(state.version),
      creationTimestamp: seconds(state.createdMs),
      managedFields: [{ time: seconds(state.writtenMs) }],
    },
  );
  return processor.accept({ kind: "event", event, origin }, state.writtenMs).record;
}

/** A leader: where it goes on, and up to where it watches. The next one may begin before that: at what is acknowledged. */
interface Term {
  readonly from: number;
  readonly to: number;
}

/** What was said of each Event by records with different uids: those with an equal one are one record. */
class Told {
  readonly #occurrences = new Map<string, Map<string, number>>();
  readonly #estimated = new Set<string>();
  /** Events came and expired while nobody looked. */
  hasLost = false;

  /** With `again: "equal"` a record that comes again has to say the same; else the larger number counts. */
  add(record: EventRecord | undefined, again: "equal" | "any"): void {
    assert.ok(record !== undefined);
    const { name, recordUid, occurrences } = record;
    const ofEvent = this.#occurrences.get(name) ?? new Map<string, number>();
    this.#occurrences.set(name, ofEvent);
    const before = ofEvent.get(recordUid) ?? occurrences;
    if (again === "equal") assert.equal(occurrences, before, recordUid);
    ofEvent.set(recordUid, Math.max(occurrences, before));
    if (record.occurrencesEstimated) this.#estimated.add(name);
  }

  of(name: string): { readonly sum: number; readonly isEstimated: boolean } {
    const occurrences = [...(this.#occurrences.get(name)?.values() ?? [])];
    return { sum: occurrences.reduce((sum, one) => sum + one, 0), isEstimated: this.#estimated.has(name) };
  }
}

/** Each term but the first is warmed with the whole state at its beginning: what etcd gives while it has that revision. */
function leadExactly(history: readonly State[], terms: readonly Term[]): Told {
  const told = new Told();
  for (const [index, { from, to }] of terms.entries()) {
    const processor = createProcessor(processorDefaults);
    if (index > 0) {
      processor.resume(timeOf(history, from) - ttlMs);
      for (const state of storedAt(history, from)) {
        assert.equal(give(processor, state, "warmed"), undefined);
      }
    }
    for (const state of history.slice(from, to)) told.add(give(processor, state, state.origin), "equal");
  }
  return told;
}

/**
 * Each term but the first begins so long after the one before it that a list must tell what changed in between. The one
 * before was checkpointed at `from` of the next, and may have exported more before it died.
 */
function leadAfterGaps(history: readonly State[], terms: readonly Term[]): Told {
  const told = new Told();
  let diedAt = 0;
  for (const [index, { from: position, to }] of terms.entries()) {
    const processor = createProcessor(processorDefaults);
    let from = position;
    if (index > 0) {
      // Half of what is left until this one's end was missed.
      from = Math.max(diedAt, position + Math.ceil((to - position) / 2));
      if (timeOf(history, from) - timeOf(history, position) >= ttlMs) told.hasLost = true;
      processor.resume(timeOf(history, diedAt));
      for (const state of storedAt(history, from)) {
        if (state.version <= position) give(processor, state, "warmed");
        else told.add(give(processor, state, "recovered"), "any");
      }
    }
    for (const state of history.slice(from, to)) told.add(give(processor, state, state.origin), "any");
    diedAt = Math.max(from, to);
  }
  return told;
}

function finalCounts(history: readonly State[]): ReadonlyMap<string, number> {
  return new Map(history.map(({ name, count }) => [name, count]));
}

function stepsWith(afterMsMax: number): fc.Arbitrary<readonly Step[]> {
  return fc.array(
    fc.record({
      event: fc.nat(4),
      more: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
      afterMs: fc.oneof(fc.nat(2000), fc.nat(afterMsMax)),
    }),
    { minLength: 1, maxLength: 40 },
  );
}

const cutsArbitrary = fc.array(
  fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), again: fc.nat(5) }),
  {
    maxLength: 5,
  },
);

type Cuts = typeof cutsArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Terms that cut the history anywhere; each ends after its cut by as much as the next one reads again. */
function termsOf(history: readonly State[], cuts: Cuts): readonly Term[] {
  const sorted = cuts
    .map(({ share, again }) => ({ at: Math.floor(share * history.length), again }))
    .toSorted((a, b) => a.at - b.at);
  const ends = sorted.map(({ at, again }) => Math.min(history.length, at + again));
  return [0, ...sorted.map(({ at }) => at)].map((from, index) => ({
    from,
    to: ends[index] ?? history.length,
  }));
}

suite("a processor that takes over", () => {
  test("with the state at its beginning: the occurrences of every Event add up to its count", () => {
    fc.assert(
      fc.property(stepsWith(ttlMs / 50), cutsArbitrary, (steps, cuts) => {
        const history = historyOf(steps);
        const told = leadExactly(history, termsOf(history, cuts));
        for (const [name, count] of finalCounts(history)) {
          assert.deepEqual(told.of(name), { sum: count, isEstimated: false });
        }
      }),
    );
  });

  test("with Events that had expired before and come back: exact, or an estimate that says so, and never too many", () => {
    fc.assert(
      fc.property(stepsWith(ttlMs * 2), cutsArbitrary, (steps, cuts) => {
        const history = historyOf(steps);
        // What is read again was told of by a leader that knew more: left out, as that is the next test's.
        const terms = termsOf(
          history,
          cuts.map(({ share }) => ({ share, again: 0 })),
        );
        assertNeverTooMany(history, leadExactly(history, terms));
      }),
    );
  });

  test("after a gap that etcd no longer has: exact, or an estimate that says so, and never too many", () => {
    fc.assert(
      fc.property(stepsWith(ttlMs / 2), cutsArbitrary, (steps, cuts) => {
        const history = historyOf(steps);
        assertNeverTooMany(history, leadAfterGaps(history, termsOf(history, cuts)));
      }),
    );
  });

  test("an estimate is the least that it can be", () => {
    const repeated = [
      { event: 0, more: 3, afterMs: 0 },
      { event: 0, more: 2, afterMs: 60_000 },
    ];
    const first = { from: 0, to: 1 };
    const afterGap = leadAfterGaps(historyOf(repeated), [first, { from: 1, to: 2 }]);
    assert.deepEqual(afterGap.of("e0"), { sum: 4, isEstimated: true });

    const expired = historyOf([
      { event: 0, more: 3, afterMs: 0 },
      { event: 1, more: 1, afterMs: ttlMs },
      { event: 0, more: 2, afterMs: 0 },
    ]);
    assert.deepEqual(
      leadExactly(expired, [
        { from: 0, to: 2 },
        { from: 2, to: 3 },
      ]).of("e0"),
      {
        sum: 4,
        isEstimated: true,
      },
    );
  });

  test("what the leader before knew is known, and nothing is exported for it", () => {
    const processor = createProcessor({
      ...processorDefaults,
      filter: { include: [], exclude: [{ reasons: ["BackOff"] }] },
    });
    const event = kubeletEvent({ deprecatedCount: 40 });
    assert.deepEqual(processor.accept({ kind: "event", event, origin: "warmed" }, startMs), {
      outcome: "warmed",
      record: undefined,
    });
    assert.equal(processor.status().baselines, 1);
  });

  test("an Event that expired before and comes back under its name may have been counted", () => {
    const processor = createProcessor(processorDefaults);
    const checkpointMs = Date.parse("2026-11-25T11:00:00Z");
    processor.resume(checkpointMs - ttlMs);
    const back = (uid: string, first: string): string => {
      const event = kubeletEvent(
        { deprecatedCount: 6, deprecatedFirstTimestamp: first },
        { name: uid, uid, creationTimestamp: "2026-11-25T11:00:05Z" },
      );
      const { record } = processor.accept({ kind: "event", event, origin: "added" }, checkpointMs + 5000);
      return `${record?.occurrences}${record?.occurrencesEstimated === true ? " estimated" : ""}`;
    };
    assert.equal(back("a", "2026-11-25T09:59:59Z"), "1 estimated");
    // It cannot have been written, expired, and come back within the time to live.
    assert.equal(back("b", "2026-11-25T10:00:01Z"), "6");
  });

  test("an emitter whose clock is ahead does not make its counted Events new", () => {
    const processor = createProcessor(processorDefaults);
    processor.resume(Date.parse("2026-11-25T11:00:00Z"));
    const event = kubeletEvent(
      { deprecatedCount: 6, deprecatedFirstTimestamp: "2026-11-25T11:02:00Z" },
      { creationTimestamp: "2026-11-25T10:59:00Z" },
    );
    const { record } = processor.accept({ kind: "event", event, origin: "recovered" }, startMs);
    assert.equal(record?.occurrences, 1);
    assert.equal(record?.occurrencesEstimated, true);
  });

  test("a horizon is raised and never lowered", () => {
    const processor = createProcessor({ ...processorDefaults, baselineHorizonMs: startMs + ttlMs });
    processor.resume(startMs - ttlMs);
    const event = kubeletEvent({ deprecatedCount: 6 });
    const { record } = processor.accept({ kind: "event", event, origin: "added" }, startMs);
    assert.equal(record?.occurrencesEstimated, true);
  });

  test("after a takeover, what a restored cluster still holds may have been counted, what began later was not", () => {
    const processor = createProcessor(processorDefaults);
    processor.resume(Date.parse("2026-11-25T10:00:00Z"));
    const restored = (name: string, first: string): number | undefined => {
      const event = kubeletEvent(
        { deprecatedCount: 6, deprecatedFirstTimestamp: first },
        { name, creationTimestamp: first },
      );
      return processor.accept({ kind: "event", event, origin: "restored" }, startMs).record?.occurrences;
    };
    assert.equal(restored("a", "2026-11-25T09:30:00Z"), 1);
    assert.equal(restored("b", "2026-11-25T10:30:00Z"), 6);
  });
});

function assertNeverTooMany(history: readonly State[], told: Told): void {
  for (const [name, count] of finalCounts(history)) {
    const { sum, isEstimated } = told.of(name);
    assert.ok(sum <= count, `${name}: ${sum} of ${count}`);
    if (!isEstimated && !told.hasLost) assert.equal(sum, count, name);
  }
}
