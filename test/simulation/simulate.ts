import { parseArgs } from "node:util";

import { checkOf, runSeed, scenarioOf, tell } from "./run-seed.ts";
import { simulate } from "./world.ts";

/**
 * - `npm run simulate -- --seeds 10000 [--from 1]` runs many seeds.
 * - `npm run simulate -- --seed 42` runs one and tells its story.
 * - `--first` ends with the first failure, which it does not shrink, as `mutants.ts` asks.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    first: { type: "boolean", default: false },
  },
});

if (values.seed === undefined) process.exitCode = await runMany(Number(values.from), Number(values.seeds));
else process.exitCode = await runOne(Number(values.seed));

async function runMany(from: number, count: number): Promise<number> {
  let failed = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    if (values.first) {
      const [violation] = (await simulate(scenarioOf(seed))).violations;
      if (violation === undefined) continue;
      process.stdout.write(`seed ${seed}, ${checkOf(violation)}\n`);
      return 1;
    }
    const failure = await runSeed(seed);
    if (failure !== undefined) {
      failed += 1;
      process.stdout.write(`${tell(failure)}\n\n`);
    }
    if ((seed - from + 1) % 500 === 0) process.stderr.write(`${seed - from + 1} of ${count} seeds\n`);
  }
  process.stdout.write(`${count - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function runOne(seed: number): Promise<number> {
  const scenario = scenarioOf(seed);
  const { story, violations, traceHash } = await simulate(scenario);
  process.stdout.write(`${JSON.stringify(scenario)}\n${story.join("\n")}\ntrace ${traceHash}\n`);
  process.stdout.write(`${violations.length === 0 ? "everything held" : violations.join("\n")}\n`);
  return violations.length === 0 ? 0 : 1;
}
