import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { microTime } from "../../../src/kubernetes/micro-time.ts";

suite("MicroTime", () => {
  for (const [wallMs, text] of [
    [Date.UTC(2026, 0, 2, 3, 4, 5, 678), "2026-01-02T03:04:05.678000Z"],
    [Date.UTC(2026, 0, 2, 3, 4, 5), "2026-01-02T03:04:05.000000Z"],
    [Date.UTC(2026, 0, 2, 3, 4, 5, 678) + 0.9, "2026-01-02T03:04:05.678000Z"],
  ] as const) {
    test(`a time has six digits of a second: ${text} of ${wallMs}`, () => {
      assert.equal(microTime(wallMs), text);
    });
  }
});
