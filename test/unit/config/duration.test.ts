import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { durationMsOf, durationPattern } from "../../../src/config/duration.ts";

test("Durations are what Go would make of them", () => {
  const durations = {
    "0s": 0,
    "200ms": 200,
    "1.5s": 1500,
    "10s": 10_000,
    "1h30m": 5_400_000,
    "1m1ms": 60_001,
  };
  for (const [text, ms] of Object.entries(durations)) {
    assert.match(text, durationPattern);
    assert.equal(durationMsOf(text), ms, text);
  }
  for (const text of ["", "10", "s", "10 s", "-1s", "1d", "1e3s", "1s,", ".5s"]) {
    assert.doesNotMatch(text, durationPattern);
  }
});

test("A duration written in several units is their sum", () => {
  const nat = fc.nat({ max: 10_000 });
  fc.assert(
    fc.property(nat, nat, nat, nat, (h, m, s, ms) => {
      assert.equal(durationMsOf(`${h}h${m}m${s}s${ms}ms`), ((h * 60 + m) * 60 + s) * 1000 + ms);
    }),
  );
});
