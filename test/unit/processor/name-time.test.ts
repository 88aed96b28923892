import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { nanosFromName } from "../../../src/processor/name-time.ts";

test("the nanoseconds in a name count when their second is the given one, and not otherwise", () => {
  fc.assert(
    // From 2007 on there are 15 digits at least.
    fc.property(fc.bigInt({ min: 1_170_000_000_000_000_000n, max: 2n ** 63n - 1n }), (unixNano) => {
      const name = `api.v2.${unixNano.toString(16)}`;
      const seconds = Number(unixNano / 1_000_000_000n);
      assert.equal(nanosFromName(name, seconds), Number(unixNano % 1_000_000_000n));
      assert.equal(nanosFromName(name, seconds - 1), -1);
      assert.equal(nanosFromName(name, seconds + 1), -1);
      assert.equal(nanosFromName(name, seconds + 4), -1);
    }),
    { numRuns: 1000 },
  );
});

const names = [
  "",
  "api",
  "18eb3fc6f167bd15",
  "api.",
  "api.18eb3fc6f167bd1",
  "api.18eb3fc6f167bd15a",
  "api.18EB3FC6F167BD15",
  "api.18eb3fc6f167bdxx",
  "api.+8eb3fc6f167bd15",
  "0a2b6c1e-0000-4000-8000-000000000001",
];

for (const name of names) {
  test(`no time in the name ${JSON.stringify(name)}`, () => {
    assert.equal(nanosFromName(name, 1_795_599_000), -1);
  });
}
