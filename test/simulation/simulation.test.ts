import assert from "node:assert/strict";
import { test } from "node:test";

import { runSeed, scenarioOf, tell } from "./run-seed.ts";
import { simulate } from "./world.ts";

const seeds = 300;

test(`whatever happens to API server, network and backend, nothing is lost or repeated (${seeds} seeds)`, async () => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const failure = await runSeed(seed);
    assert.equal(failure, undefined, failure && tell(failure));
  }
});

test("a seed gives the same trace each time", async () => {
  for (const seed of [3, 14, 159]) {
    const scenario = scenarioOf(seed);
    const first = await simulate(scenario);
    const second = await simulate(scenario);
    assert.equal(first.traceHash, second.traceHash, `seed ${seed}`);
  }
});
