import assert from "node:assert/strict";
import { test } from "node:test";

import { copyOfTree, mutantPatches, patched } from "./mutant-tree.ts";
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

test("each planted bug still fits the code, so that the simulation can be asked whether it finds it", () => {
  using tree = copyOfTree();
  const faults = mutantPatches().map((patch) => patched(tree.folder, patch, "check"));
  assert.ok(faults.length >= 9);
  assert.deepEqual(
    faults.filter((fault) => fault !== undefined),
    [],
  );
});
