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

/** Runs one seed; undefined when everything held, else its failure, shrunk to the least that fails the same check. */
export async function runSeed(seed: number): Promise<FailedSeed | undefined> {
  const [violation] = (await simulate(scenarioOf(seed))).violations;
  if (violation === undefined) return undefined;
  const check = checkOf(violation);
  const holds = fc.asyncProperty(scenarios, async (scenario) => {
    const { violations } = await simulate(scenario);
    return !violations.some((one) => checkOf(one) === check);
  });
  const { counterexample } = await fc.check(holds, { seed, numRuns: 1, interruptAfterTimeLimit: 60_000 });
  const [shrunk] = counterexample ?? [scenarioOf(seed)];
  return { seed, shrunk, result: await simulate(shrunk) };
}

/** The name that a violation begins with. */
export function checkOf(violation: string): string {
  return violation.split(":", 1)[0] ?? violation;
}

/** What a person needs to understand a failed seed and to run it again. */
export function tell({ seed, shrunk, result }: FailedSeed): string {
  return [
    `Seed ${seed} failed: ${result.violations.join("; ")}`,
    `Run it again: npm run simulate -- --seed ${seed}`,
    `Shrunk to ${shrunk.steps.length} steps: ${JSON.stringify(shrunk)}`,
    "The end of its story:",
    ...result.story
      .filter((line) => !isRoutine.test(line))
      .slice(-80)
      .map((line) => `  ${line.slice(0, 240)}`),
  ].join("\n");
}

/** Looks at the Lease, renewals and their answers, of which a story is full. */
const isRoutine = / leases (?:GET|PUT|200)/;
