import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { isObject } from "../../../src/shared/is-object.ts";

suite("isObject", () => {
  test("takes what JSON calls an object, and nothing else", () => {
    for (const value of [{}, { a: 1 }, JSON.parse('{"__proto__":1}'), Object.create(null)]) {
      assert.equal(isObject(value), true);
    }
    for (const value of [null, undefined, [], [{}], "{}", 1, true]) {
      assert.equal(isObject(value), false, JSON.stringify(value));
    }
  });
});
