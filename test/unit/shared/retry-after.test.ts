import assert from "node:assert/strict";
import { test } from "node:test";

import { retryAfterMs } from "../../../src/shared/retry-after.ts";

const nowMs = Date.parse("2026-11-25T09:00:00Z");

const cases: readonly { header: string | undefined; delayMs: number | undefined }[] = [
  { header: undefined, delayMs: undefined },
  { header: "0", delayMs: 0 },
  { header: " 120 ", delayMs: 120_000 },
  { header: "1.5", delayMs: 1500 },
  { header: "-5", delayMs: undefined },
  { header: "soon", delayMs: undefined },
  { header: "", delayMs: undefined },
  { header: "Wed, 25 Nov 2026 09:00:30 GMT", delayMs: 30_000 },
  { header: "Wednesday, 25-Nov-26 09:00:30 GMT", delayMs: 30_000 },
  { header: "Wed Nov 25 09:00:30 2026 GMT", delayMs: 30_000 },
  { header: "Wed, 25 Nov 2020 09:00:30 GMT", delayMs: 0 },
  { header: "Wed, nonsense", delayMs: undefined },
];

for (const { header, delayMs } of cases) {
  test(`Retry-After: ${header ?? "none"}`, () => assert.equal(retryAfterMs(header, nowMs), delayMs));
}
