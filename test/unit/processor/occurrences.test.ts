import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { EventDraft } from "../../../src/processor/event-draft.ts";
import { Occurrences, type OccurrencesOptions } from "../../../src/processor/occurrences.ts";

type Origin = "stored" | "recovered" | "restored" | "added" | "modified";

interface Sight {
  readonly name?: string;
  readonly objectUid?: string;
  readonly count: number;
  readonly firstSeconds?: number;
  readonly origin?: Origin;
}

const horizonSeconds = 1_795_599_000;
const fromStored: OccurrencesOptions = { baselinesMax: 100, baselineHorizonMs: Number.NEGATIVE_INFINITY };
const fromNow: OccurrencesOptions = { baselinesMax: 100, baselineHorizonMs: horizonSeconds * 1000 };

/** What each sight says: its occurrences, with a `~` where they are an estimate. */
function tell(occurrences: Occurrences, sights: readonly Sight[]): string[] {
  return sights.map(({ name = "a", objectUid = "u", count, firstSeconds = horizonSeconds - 60, origin }) => {
    const draft = new EventDraft();
    draft.namespace = "payments";
    draft.name = name;
    draft.objectUid = objectUid;
    draft.count = count;
    draft.firstOccurrenceSeconds = firstSeconds;
    occurrences.tell(draft, origin ?? "modified");
    return `${draft.occurrencesEstimated ? "~" : ""}${draft.occurrences}`;
  });
}

const after = horizonSeconds + 1;

const cases: readonly {
  readonly name: string;
  readonly options: OccurrencesOptions;
  readonly sights: readonly Sight[];
  readonly expected: readonly string[];
}[] = [
  {
    name: "an old-style Event, repeated one by one",
    options: fromStored,
    sights: [{ count: 1, origin: "added" }, { count: 2 }, { count: 3 }],
    expected: ["1", "1", "1"],
  },
  {
    name: "a series, whose third to 57th are only counted",
    options: fromStored,
    sights: [{ count: 1, origin: "added" }, { count: 2 }, { count: 57 }],
    expected: ["1", "1", "55"],
  },
  {
    name: "a spam filter held some back",
    options: fromStored,
    sights: [{ count: 25 }, { count: 31 }],
    expected: ["25", "6"],
  },
  {
    name: "deleted and created again under its name, counting anew",
    options: fromStored,
    sights: [{ count: 1 }, { count: 1, origin: "added" }, { count: 2 }],
    expected: ["1", "1", "1"],
  },
  {
    name: "a cluster that went back in time",
    options: fromStored,
    sights: [{ count: 10 }, { count: 7, origin: "restored" }, { count: 8 }],
    expected: ["10", "0", "1"],
  },
  {
    name: "changed without an occurrence",
    options: fromStored,
    sights: [{ count: 4 }, { count: 4 }],
    expected: ["4", "0"],
  },
  {
    name: "expired and created anew under its name",
    options: fromStored,
    sights: [{ count: 4 }, { count: 5, origin: "added" }],
    expected: ["4", "1"],
  },
  {
    name: "another Event under an old name",
    options: fromStored,
    sights: [{ count: 40 }, { count: 2, origin: "added" }],
    expected: ["40", "2"],
  },
  {
    name: "the same name about another object",
    options: fromStored,
    sights: [{ count: 40 }, { count: 41, objectUid: "v", origin: "added" }],
    expected: ["40", "41"],
  },
  {
    name: "listed at the start, then watched",
    options: fromStored,
    sights: [{ count: 40, origin: "stored" }, { count: 41 }],
    expected: ["40", "1"],
  },
  {
    name: "from now on: one that began before, then one that begins after",
    options: fromNow,
    sights: [{ count: 40 }, { count: 41 }, { name: "b", count: 3, firstSeconds: after }],
    expected: ["~1", "1", "3"],
  },
  {
    name: "from now on: one is no estimate when it is the first",
    options: fromNow,
    sights: [{ count: 1, origin: "added" }],
    expected: ["1"],
  },
  {
    name: "from now on: a change of one that has happened once is no occurrence",
    options: fromNow,
    sights: [{ count: 1 }, { count: 2 }],
    expected: ["0", "1"],
  },
  {
    name: "from now on: in a cluster that went back in time one may have been counted before",
    options: fromNow,
    sights: [{ count: 1, origin: "restored" }],
    expected: ["~1"],
  },
  {
    name: "from now on: listed after a gap, the past is not counted",
    options: fromNow,
    sights: [{ count: 40, origin: "recovered" }],
    expected: ["~1"],
  },
];

for (const { name, options, sights, expected } of cases) {
  test(`occurrences: ${name}`, () => {
    assert.deepEqual(tell(new Occurrences(options), sights), expected);
  });
}

test("what is forgotten comes back as an estimate, and what begins later does not", () => {
  const occurrences = new Occurrences({ ...fromStored, baselinesMax: 2 });
  const sights: Sight[] = [
    { name: "a", count: 5, firstSeconds: 100 },
    { name: "b", count: 1, firstSeconds: 300 },
    // Seen again, so b is the one to be forgotten.
    { name: "a", count: 6, firstSeconds: 100 },
    { name: "c", count: 1, firstSeconds: 200 },
    { name: "b", count: 9, firstSeconds: 300 },
    { name: "d", count: 7, firstSeconds: 301 },
  ];
  assert.deepEqual(tell(occurrences, sights), ["5", "1", "1", "1", "~1", "7"]);
  assert.equal(occurrences.forgotten, 3);
  assert.equal(occurrences.remembered, 2);
});

test("a first listing larger than the memory is counted whole", () => {
  const occurrences = new Occurrences({ ...fromStored, baselinesMax: 2 });
  const sights = [300, 200, 100, 50].map((firstSeconds, index): Sight => ({
    name: `e${index}`,
    count: 3,
    firstSeconds,
    origin: "stored",
  }));
  assert.deepEqual(tell(occurrences, sights), ["3", "3", "3", "3"]);
});

const states = fc.array(
  fc.record({
    event: fc.nat(5),
    more: fc.nat(60),
    origin: fc.constantFrom<Origin>("recovered", "added", "modified"),
  }),
  { maxLength: 60 },
);

test("from the first occurrence on, the occurrences of every Event add up to its count", () => {
  fc.assert(
    fc.property(states, fc.constantFrom(fromStored, fromNow), (steps, options) => {
      const occurrences = new Occurrences(options);
      const counts = new Map<number, number>();
      const sums = new Map<number, number>();
      for (const { event, more, origin } of steps) {
        const before = counts.get(event);
        const count = before === undefined ? more + 1 : before + more;
        counts.set(event, count);
        // Created with the count it had is created anew: that is another case.
        const seen = more === 0 && origin === "added" && before !== undefined ? "modified" : origin;
        const [told] = tell(occurrences, [{ name: `e${event}`, count, firstSeconds: after, origin: seen }]);
        sums.set(event, (sums.get(event) ?? 0) + Number(told));
      }
      assert.deepEqual(sums, counts);
    }),
  );
});

test("however little is remembered, the occurrences are never more than the count", () => {
  fc.assert(
    fc.property(states, (steps) => {
      const occurrences = new Occurrences({ ...fromStored, baselinesMax: 2 });
      const counts = new Map<number, number>();
      const sums = new Map<number, number>();
      for (const { event, more } of steps) {
        const count = (counts.get(event) ?? 0) + more + 1;
        counts.set(event, count);
        const [told = ""] = tell(occurrences, [{ name: `e${event}`, count, firstSeconds: after + event }]);
        sums.set(event, (sums.get(event) ?? 0) + Number(told.replace("~", "")));
      }
      for (const [event, sum] of sums) assert.ok(sum <= (counts.get(event) ?? 0), `${event}: ${sum}`);
    }),
  );
});
