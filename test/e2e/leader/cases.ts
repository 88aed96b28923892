import type { Random } from "../../../bench/random.ts";
import { leadershipCases } from "./leadership-cases.ts";
import { serverCases } from "./server-cases.ts";
import type { FaultCase } from "./stage.ts";

export const faultCases: readonly FaultCase[] = [...leadershipCases, ...serverCases];

export function caseNamed(name: string): FaultCase {
  const found = faultCases.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(`No case is called ${name}; there are ${faultCases.map((one) => one.name).join(", ")}`);
}

/** In an order by chance. */
export function shuffled(cases: readonly FaultCase[], random: Random): readonly FaultCase[] {
  return cases
    .map((one) => ({ one, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** A seed of its own for each case, so that one can be played again without those before it. */
export function nextSeed(random: Random): number {
  return Math.floor(random.next() * 2 ** 31);
}
