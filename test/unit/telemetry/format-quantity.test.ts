import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { formatBytes, formatDuration } from "../../../src/telemetry/format-quantity.ts";

suite("format-quantity", () => {
  test("durations", () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, "0 ms"],
      [0.4, "0 ms"],
      [999, "999 ms"],
      [1000, "1.0 s"],
      [3249, "3.2 s"],
      [59_949, "59.9 s"],
      [59_950, "1 min"],
      [61_000, "1 min 1 s"],
      [250_400, "4 min 10 s"],
      [3_599_600, "1 h"],
      [7_500_000, "2 h 5 min"],
    ];
    for (const [durationMs, text] of cases) assert.equal(formatDuration(durationMs), text);
  });

  test("sizes", () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, "0 B"],
      [1023, "1023 B"],
      [1536, "1.5 KiB"],
      [64 * 2 ** 20, "64.0 MiB"],
      [3 * 2 ** 40, "3072.0 GiB"],
    ];
    for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
  });
});
