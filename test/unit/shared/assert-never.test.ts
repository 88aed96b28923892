import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { assertNever } from "../../../src/shared/assert-never.ts";

suite("assert-never", () => {
  test("a value from outside that the types deny is named", () => {
    const outside: "known" = JSON.parse('"unheard of"');
    assert.throws(() => (outside === "known" ? undefined : assertNever(outside)), {
      message: 'Unexpected value: "unheard of"',
    });
  });
});
