import * as fc from "fast-check";

import { scenarios, type Scenario } from "./scenario.ts";
import { simulate, type SimulationResult } from "./world.ts";

/** The scenario of a seed. Small seeds are small numbers for people: each is a whole story of its own. */
export function scenarioOf(seed: number): Scenario {
  const drawn: Scenario[] = [];
  // Drawn as `runSeed` draws, which `fc.sample` does not.
  fc.check(
    fc.property(scenarios, (scenario) => {
      drawn.push(scenario);
    }),
    { seed, numRuns: 1 },
  );
  const [scenario] = drawn;
  if (scenario === undefined) throw new Error(`No scenario for seed ${seed}`);
  return scenario;
}

export interface FailedSeed {
  readonly seed: number;
  /** The smallest scenario found that fails as well. */
  readonly shrunk: Scenario;
  readonly result: SimulationResult;
}

/** Runs one seed; undefined when everything held, else its failure, shrunk. */
export async function runSeed(seed: number): Promise<FailedSeed | undefined> {
  const holds = fc.asyncProperty(
    scenarios,
    async (scenario) => (await simulate(scenario)).violations.length === 0,
  );
  const { counterexample } = await fc.check(holds, { seed, numRuns: 1, interruptAfterTimeLimit: 60_000 });
  if (counterexample === null) return undefined;
  const [shrunk] = counterexample;
  return { seed, shrunk, result: await simulate(shrunk) };
}

/** What a person needs to understand a failed seed and to run it again. */
export function tell({ seed, shrunk, result }: FailedSeed): string {
  return [
    `Seed ${seed} failed: ${result.violations.join("; ")}`,
    `Run it again: npm run simulate -- --seed ${seed}`,
    `Shrunk to ${shrunk.steps.length} steps: ${JSON.stringify(shrunk)}`,
    "The end of its story:",
    ...result.story.slice(-60).map((line) => `  ${line.slice(0, 200)}`),
  ].join("\n");
}
