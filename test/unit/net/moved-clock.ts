import type { Runtime } from "../../../src/shared/runtime.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";

export interface MovedClock {
  readonly runtime: Runtime;
  /** Lets time pass; timers are the machine's. */
  pass(ms: number): void;
}

export function movedClock(): MovedClock {
  let nowMs = 1000;
  return {
    runtime: { ...systemRuntime, monotonicMs: () => nowMs, wallMs: () => Date.UTC(2026, 0, 1) + nowMs },
    pass(ms) {
      nowMs += ms;
    },
  };
}
