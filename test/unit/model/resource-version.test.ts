import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { compareResourceVersions, isResourceVersion } from "../../../src/model/resource-version.ts";

suite("resource-version", () => {
  test("orders as the numbers do, also beyond what a double can hold", () => {
    const version = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Math.sign(compareResourceVersions(`${a}`, `${b}`)), a < b ? -1 : a > b ? 1 : 0);
        assert.equal(compareResourceVersions(`${a}`, `${a}`), 0);
        assert.ok(isResourceVersion(`${a}`));
      }),
    );
  });

  test("knows what is none", () => {
    for (const text of ["", "007", "-1", "1.5", "1e3", " 1", "1\n", "abc", "9".repeat(40)]) {
      assert.equal(isResourceVersion(text), false, JSON.stringify(text));
    }
  });
});
