import { parseArgs } from "node:util";

import { runSeed, scenarioOf, tell } from "./run-seed.ts";
import { simulate } from "./world.ts";

/** `npm run simulate -- --seeds 10000 [--from 1]` runs many seeds; `--seed 42` runs one and tells its story. */
const { values } = parseArgs({
  options: { seeds: { type: "string" }, from: { type: "string" }, seed: { type: "string" } },
});

if (values.seed === undefined) {
  const from = Number(values.from ?? "1");
  const count = Number(values.seeds ?? "1000");
  let failed = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const failure = await runSeed(seed);
    if (failure !== undefined) {
      failed += 1;
      process.stdout.write(`${tell(failure)}\n\n`);
    }
    if ((seed - from + 1) % 500 === 0) process.stderr.write(`${seed - from + 1} of ${count} seeds\n`);
  }
  process.stdout.write(`${count - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} else {
  const seed = Number(values.seed);
  const scenario = scenarioOf(seed);
  const { story, violations, traceHash } = await simulate(scenario);
  process.stdout.write(`${JSON.stringify(scenario)}\n${story.join("\n")}\ntrace ${traceHash}\n`);
  process.stdout.write(`${violations.length === 0 ? "everything held" : violations.join("\n")}\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
