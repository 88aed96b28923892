import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { SortedKeys } from "../../../../src/standin/api-server/sorted-keys.ts";

suite("sorted keys", () => {
  test("whatever is added and deleted, the rest comes in order from any start", () => {
    const key = fc.integer({ min: 0, max: 3000 }).map((number) => `ns/${number}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { minLength: 0, maxLength: 2500, size: "max" }),
        fc.array(key, { size: "medium" }),
        key,
        (added, deleted, start) => {
          const keys = new SortedKeys();
          for (const name of added) keys.add(name);
          for (const name of deleted) keys.delete(name);
          const left = added.filter((name) => !deleted.includes(name)).toSorted(byText);
          assert.deepEqual([...keys.from("")], left);
          assert.deepEqual(
            [...keys.from(start)],
            left.filter((name) => name >= start),
          );
          assert.equal(keys.size, left.length);
          assert.equal(keys.rank(start), left.filter((name) => name < start).length);
        },
      ),
      { numRuns: 30 },
    );
  });
});

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
