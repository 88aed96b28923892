import type { Simulator } from "../simulator.ts";

const violationsMax = 10;

/** Collects what did not hold. */
export class Verdict {
  readonly violations: string[] = [];
  readonly #simulator: Simulator;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** `what` begins with the name of the check. */
  violated(what: string): void {
    this.#simulator.trace(`VIOLATED ${what}`);
    if (this.violations.length < violationsMax) this.violations.push(what);
  }
}
