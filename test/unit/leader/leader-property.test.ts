import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { ApiServerFault } from "../../../src/standin/api-server/fault.ts";
import { LeaseWorld, times, type Replica } from "./lease-world.ts";

/** What happens to the world, after a while of nothing. */
interface Step {
  readonly afterMs: number;
  readonly what: Happening;
}

type Happening =
  /** To one of the replicas. */
  | { readonly kind: "crash" | "stop" | "suspend" | "resume" | "ask_to_stop"; readonly of: number }
  | { readonly kind: "clock"; readonly of: number; readonly byMs: number }
  | {
      readonly kind: "link";
      readonly of: number;
      readonly becomes: "up" | "refused" | "silent" | "one_way";
    }
  | { readonly kind: "lose_answers"; readonly of: number; readonly count: number }
  /** One more process, in the place of one that has ended. */
  | { readonly kind: "start" }
  | { readonly kind: "api"; readonly fault: ApiServerFault };

const of = fc.nat({ max: 2 });
const count = fc.integer({ min: 1, max: 4 });
const verb = fc.constantFrom("get", "create", "update");
const isDone = fc.boolean();
const resource = fc.constant("leases");

const fault: fc.Arbitrary<ApiServerFault> = fc.oneof(
  fc.record({
    kind: fc.constant("answer"),
    count,
    status: fc.constantFrom(409, 429, 500, 503, 504),
    verb,
    resource,
    isDone,
  }),
  fc.record({
    kind: fc.constant("hang"),
    count,
    forMs: fc.integer({ min: 1, max: 30_000 }),
    verb,
    resource,
    isDone,
  }),
  fc.record({ kind: fc.constant("refuse"), count, code: fc.constant("reset"), verb, resource, isDone }),
  fc.record({ kind: fc.constant("annotate_leases") }),
);

const common: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom("crash", "stop", "resume", "resume", "ask_to_stop"), of }),
  fc.record({
    kind: fc.constant("link"),
    of,
    becomes: fc.constantFrom("up", "up", "refused", "silent", "one_way"),
  }),
  fc.record({ kind: fc.constant("lose_answers"), of, count }),
  fc.record({ kind: fc.constant("start") }),
  fc.record({ kind: fc.constant("api"), fault }),
);

function steps(what: fc.Arbitrary<Happening>): fc.Arbitrary<readonly Step[]> {
  return fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 12_000 }), what }), { maxLength: 40 });
}

/** A clock that was set back hides a pause that the other clock did not count: no process can know of both at once. */
const anySteps: fc.Arbitrary<readonly Step[]> = fc.oneof(
  steps(fc.oneof(common, fc.record({ kind: fc.constantFrom("suspend", "resume"), of }))),
  steps(
    fc.oneof(
      common,
      fc.record({ kind: fc.constant("clock"), of, byMs: fc.integer({ min: -60_000, max: 60_000 }) }),
    ),
  ),
);

const replicasMax = 3;

/** Runs a story; then the faults stop, and somebody leads in time. Throws when two may act at one moment. */
async function play(seed: number, story: readonly Step[]): Promise<void> {
  const world = new LeaseWorld(seed);
  const { simulator } = world;
  const replicas: Replica[] = [];
  let number = 0;
  const start = (): void => {
    if (replicas.length === replicasMax) return;
    number += 1;
    const replica = world.start(`replica-${number}`);
    replica.process.checkpoint = `${number}`;
    replicas.push(replica);
  };
  const fail = (why: string): void => {
    throw new Error(`${why}\n${simulator.story.slice(-60).join("\n")}`);
  };
  simulator.afterEach = () => {
    const alive = replicas.filter(({ process, hasEnded }) => !hasEnded && !process.machine.hasCrashed);
    replicas.splice(0, replicas.length, ...alive);
    const acting = replicas.filter(({ process, leader }) => process.machine.isRunning && leader.mayAct());
    if (acting.length > 1) {
      fail(`Two may act: ${acting.map(({ process }) => process.options.identity).join(", ")}`);
    }
  };
  for (let replica = 0; replica < replicasMax; replica += 1) start();

  for (const { afterMs, what } of story) {
    await world.pass(afterMs);
    simulator.trace(JSON.stringify(what));
    happen(what);
  }

  function happen(what: Happening): void {
    if (what.kind === "start") start();
    else if (what.kind === "api") world.api.inject(what.fault);
    else {
      const replica = replicas[what.of];
      if (replica === undefined) return;
      const { machine, link } = replica.process;
      switch (what.kind) {
        case "crash":
        case "stop":
        case "suspend":
        case "resume":
          machine[what.kind]();
          if (what.kind === "crash") link.dropped();
          return;
        case "ask_to_stop":
          replica.stop();
          return;
        case "clock":
          machine.setWallClock(what.byMs);
          return;
        case "link":
          link.become(what.becomes);
          return;
        case "lose_answers":
          link.answersToLose += what.count;
      }
    }
  }

  // The faults stop. What still lies in wait at the server is met by somebody else.
  world.api.recover();
  for (const { process } of replicas) {
    process.machine.resume();
    process.link.become("up");
    process.link.answersToLose = 0;
  }
  // Whoever is to find out that it lost, does.
  await world.pass(times.renewDeadlineMs);
  start();
  const boundMs = times.leaseDurationMs + 2 * times.retryPeriodMs;
  const tookMs = await world.until(() => replicas.some(({ leader }) => leader.mayAct()));
  if (tookMs > boundMs) fail(`Nobody led for ${tookMs} ms`);
  const leading = replicas.find(({ leader }) => leader.mayAct());
  await world.pass(60_000);
  if (leading?.leader.mayAct() !== true) fail("It did not stay with one");
  for (const replica of replicas) replica.stop();
  await world.until(() => replicas.length === 0);
  simulator.afterEach = () => {};
  if (world.holder !== "") fail(`It was not released: ${world.holder}`);
}

suite("leaders", () => {
  test("never may two act at one moment, and with the faults gone one leads in time", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), anySteps, play), { numRuns: 100 });
  });
});
