import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { CountTable, PairHash } from "../../../src/processor/count-table.ts";

test("a table of counts gives what a Map would, also for entries that share a slot", () => {
  // Few hashes and equal low words: nearly everything collides.
  const hash = fc.record({ high: fc.nat(3), low: fc.constantFrom(0, 1, 16, 0xff_ff_ff_ff) });
  const step = fc.record({ hash, act: fc.constantFrom("set", "get", "take"), count: fc.integer({ min: 1 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new CountTable(16);
      const model = new Map<string, number>();
      for (const { hash: key, act, count } of steps) {
        const name = `${key.high}/${key.low}`;
        if (act === "set") {
          table.set(key, count);
          model.set(name, count);
        } else {
          assert.equal(act === "get" ? table.get(key) : table.take(key), model.get(name) ?? 0);
          if (act === "take") model.delete(name);
        }
        assert.equal(table.size, model.size);
      }
    }),
  );
});

test("a full table takes no further entry, but a new count for one that it has", () => {
  const table = new CountTable(2);
  table.set({ high: 0, low: 1 }, 1);
  assert.equal(table.full, false);
  table.set({ high: 0, low: 2 }, 1);
  assert.equal(table.full, true);
  table.set({ high: 0, low: 2 }, 7);
  assert.equal(table.get({ high: 0, low: 2 }), 7);
  assert.throws(() => table.set({ high: 0, low: 3 }, 1), RangeError);
});

test("names that differ in a character, or in where they are divided, have different hashes", () => {
  const hash = new PairHash();
  const seen = new Set<string>();
  const pairs: (readonly [string, string])[] = [
    ["ab", "c"],
    ["a", "bc"],
    ["", "abc"],
    ["abc", ""],
  ];
  for (let index = 0; index < 100_000; index += 1) {
    pairs.push([`web-7d4b9c6f5-x2x9p.18eb4234${index.toString(16).padStart(8, "0")}`, "4f891e25-8d01-44fb"]);
  }
  for (const [first, second] of pairs) {
    const { high, low } = hash.of(first, second);
    seen.add(`${high}/${low}`);
  }
  assert.equal(seen.size, pairs.length);
});
