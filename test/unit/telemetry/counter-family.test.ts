import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";
import { Counter, Registry } from "prom-client";

import type { Notice } from "../../../src/model/notice.ts";
import { CounterFamily } from "../../../src/telemetry/counter-family.ts";

const minuteMs = 60_000;

function setUp(seriesMax: number): {
  readonly family: CounterFamily;
  readonly clock: { nowMs: number };
  readonly notices: Notice[];
  readonly read: () => Promise<Record<string, number>>;
} {
  const clock = { nowMs: 0 };
  const notices: Notice[] = [];
  const counter = new Counter({
    name: "events_total",
    help: "h",
    labelNames: ["ns", "reason"],
    registers: [new Registry()],
  });
  const family = new CounterFamily(
    "tidings.events",
    counter,
    ["ns", "reason"],
    { seriesMax, idleAfterMs: 60 * minuteMs },
    { monotonicMs: () => clock.nowMs },
    (notice) => notices.push(notice),
  );
  const read = async (): Promise<Record<string, number>> => {
    family.flush();
    const { values } = await counter.get();
    return Object.fromEntries(
      values.map(({ labels, value }) => [`${labels["ns"]}/${labels["reason"]}`, value]),
    );
  };
  return { family, clock, notices, read };
}

suite("counter-family", () => {
  test("counts by labels, and goes on counting after a reading", async () => {
    const { family, read } = setUp(10);
    family.add(["a", "Pulled"], 1);
    family.add(["a", "Pulled"], 4);
    family.add(["", "Pulled"], 1);
    assert.deepEqual(await read(), { "a/Pulled": 5, "/Pulled": 1 });
    family.add(["a", "Pulled"], 1);
    assert.deepEqual(await read(), { "a/Pulled": 6, "/Pulled": 1 });
  });

  test("beyond the limit one series counts the rest, and one notice says so", async () => {
    const { family, notices, read } = setUp(2);
    for (const reason of ["A", "B", "C", "D", "C"]) family.add(["ns", reason], 2);
    family.add(["ns", "A"], 1);
    assert.deepEqual(await read(), { "ns/A": 3, "ns/B": 2, "_other/_other": 6 });
    assert.deepEqual(notices, [{ kind: "series_limit_reached", metric: "tidings.events", limit: 2 }]);
    assert.equal(family.overflowed, 3);
  });

  test("a series that lies idle is removed, makes room, and begins anew when it returns", async () => {
    const { family, clock, read } = setUp(2);
    family.add(["ns", "Idle"], 7);
    family.add(["ns", "Busy"], 1);
    await read();
    clock.nowMs += 30 * minuteMs;
    family.add(["ns", "Busy"], 1);
    await read();
    clock.nowMs += 30 * minuteMs;
    family.add(["ns", "Busy"], 1);
    assert.deepEqual(await read(), { "ns/Busy": 3 });
    family.add(["ns", "Idle"], 1);
    assert.deepEqual(await read(), { "ns/Busy": 3, "ns/Idle": 1 });
  });

  test("nobody reads the metrics: idle series make room all the same", async () => {
    const { family, clock, read } = setUp(2);
    family.add(["ns", "A"], 1);
    family.add(["ns", "B"], 1);
    // The first look marks the series as touched now, the second finds them idle.
    family.add(["ns", "C"], 1);
    clock.nowMs += 61 * minuteMs;
    family.add(["ns", "D"], 1);
    assert.deepEqual(await read(), { "ns/D": 1, "_other/_other": 1 });
  });

  test("values without end are cut, so that the number of series bounds the memory", async () => {
    const { family, read } = setUp(10);
    family.add(["ns", "x".repeat(100_000)], 1);
    family.add(["ns", `${"x".repeat(100_000)}y`], 1);
    assert.deepEqual(await read(), { [`ns/${"x".repeat(127)}…`]: 2 });
  });

  test("whatever is added, nothing is lost and the bound holds", async () => {
    const value = fc.oneof(
      fc.constantFrom("", "a", "b", "_other", "x".repeat(200)),
      fc.string({ maxLength: 3 }),
    );
    const additions = fc.array(fc.tuple(value, value, fc.integer({ min: 0, max: 9 })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(additions, fc.integer({ min: 1, max: 8 }), async (list, seriesMax) => {
        const { family, read } = setUp(seriesMax);
        let total = 0;
        for (const [index, [ns, reason, count]] of list.entries()) {
          family.add([ns, reason], count);
          total += count;
          if (index % 7 === 0) await read();
        }
        const series = Object.values(await read());
        assert.equal(
          series.reduce((sum, n) => sum + n, 0),
          total,
        );
        assert.ok(series.length <= seriesMax + 1);
      }),
      { numRuns: 100 },
    );
  });
});
