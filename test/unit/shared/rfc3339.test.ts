import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { nanosOf, secondsOf, unixNano, withNanos } from "../../../src/shared/rfc3339.ts";

const valid = [
  { text: "1970-01-01T00:00:00Z", seconds: 0, nanos: 0 },
  { text: "2026-11-25T09:30:00Z", seconds: 1_795_599_000, nanos: 0 },
  { text: "2026-11-25T09:30:00.123456Z", seconds: 1_795_599_000, nanos: 123_456_000 },
  { text: "2026-11-25T09:30:00.1Z", seconds: 1_795_599_000, nanos: 100_000_000 },
  { text: "2026-11-25T09:30:00.1234567899Z", seconds: 1_795_599_000, nanos: 123_456_789 },
  { text: "2026-11-25T11:30:00+02:00", seconds: 1_795_599_000, nanos: 0 },
  { text: "2026-11-25T04:00:00.5-05:30", seconds: 1_795_599_000, nanos: 500_000_000 },
  { text: "2026-11-25t09:30:00z", seconds: 1_795_599_000, nanos: 0 },
  { text: "2024-02-29T23:59:59Z", seconds: 1_709_251_199, nanos: 0 },
];

for (const { text, seconds, nanos } of valid) {
  test(`the instant of ${text}`, () => {
    assert.equal(secondsOf(text), seconds);
    assert.equal(nanosOf(text), nanos);
  });
}

const invalid = [
  "",
  "now",
  "0001-01-01T00:00:00Z",
  "1969-12-31T23:59:59Z",
  "2262-01-01T00:00:00Z",
  "2026-11-25",
  "2026-11-25T09:30:00",
  "2026-11-25T09:30Z",
  "2026-11-25 09:30:00Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-11-25T24:00:00Z",
  "2026-11-25T09:60:00Z",
  "2026-11-25T09:30:60Z",
  "2026-11-25T09:30:00.Z",
  "2026-11-25T09:30:00.12",
  "2026-11-25T09:30:00+0200",
  "2026-11-25T09:30:00+24:00",
  "2026-11-25T09:30:00Z ",
  "2026-11-25T09:30:00ZZ",
  "２026-11-25T09:30:00Z",
];

for (const text of invalid) {
  test(`no instant: ${JSON.stringify(text)}`, () => {
    assert.ok(Number.isNaN(secondsOf(text)));
  });
}

test("it agrees with Date on every second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_214_646_399 }), (seconds) => {
      assert.equal(secondsOf(new Date(seconds * 1000).toISOString()), seconds);
    }),
    { numRuns: 1000 },
  );
});

test("no text makes it throw", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const seconds = secondsOf(text);
      assert.ok(Number.isNaN(seconds) || seconds >= 0);
      assert.ok(nanosOf(text) < 1_000_000_000);
    }),
  );
});

test("nanoseconds written into a text are read again", () => {
  const text = withNanos("2026-11-25T09:30:00Z", 1_002);
  assert.equal(text, "2026-11-25T09:30:00.000001002Z");
  assert.equal(unixNano(secondsOf(text), nanosOf(text)), 1_795_599_000_000_001_002n);
});
