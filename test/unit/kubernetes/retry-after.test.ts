import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { retryAfterMsOf } from "../../../src/kubernetes/retry-after.ts";

suite("Retry-After", () => {
  const nowMs = Date.UTC(2026, 10, 23, 12, 0, 0);
  const headers: readonly (readonly [string | undefined, number | undefined])[] = [
    [undefined, undefined],
    ["7", 7000],
    [" 0 ", 0],
    ["Mon, 23 Nov 2026 12:00:05 GMT", 5000],
    ["Mon, 23 Nov 2026 11:00:00 GMT", 0],
    ["31536000", 300_000],
    ["soon", undefined],
    ["-3", undefined],
    ["", undefined],
  ];
  for (const [header, expected] of headers) {
    test(`${header} is ${expected}`, () => {
      assert.equal(retryAfterMsOf(header, nowMs), expected);
    });
  }
});
