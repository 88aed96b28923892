/**
 * Two replicas, one leader: every kind of fault that is quick, under 200 writes a second, held against a ledger of what
 * was written. `npm run test:faults` plays them for longer, in other orders.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createRandom } from "../../bench/random.ts";
import { labSuite } from "./lab-suite.ts";
import { faultCases, nextSeed, shuffled } from "./leader/cases.ts";
import { startFaultLab } from "./leader/fault-lab.ts";
import type { FaultLab } from "./leader/fault-lab.ts";
import { lineOf, runCase } from "./leader/run-case.ts";

/** The same in each run, so that a failure is of the change and not of the day; `test:faults` draws another each time. */
const seed = Number(process.env["TIDINGS_FAULTS_SEED"] ?? 1);
const writesPerSecond = 200;

await labSuite("One leader, one truth", () => {
  let lab: FaultLab;

  before(async () => {
    process.stderr.write(`TIDINGS_FAULTS_SEED=${seed}\n`);
    lab = await startFaultLab("leader", { eventTtl: "2m" });
    await lab.start();
  });
  after(() => lab[Symbol.asyncDispose]());

  const random = createRandom(seed);
  const quick = faultCases.filter(({ isLong }) => isLong !== true);
  for (const [index, one] of shuffled(quick, random).entries()) {
    const options = { seed: nextSeed(random), writesPerSecond, namespace: `case-${index + 1}` };
    test(one.name, async () => {
      const report = await runCase(lab, one, options);
      process.stderr.write(`${lineOf(report)}\n`);
      assert.deepEqual(
        report.faults.slice(0, 10),
        [],
        `${report.faults.length} faults; again: npm run test:faults -- --case ${one.name} --seed ${options.seed}; ` +
          `logs: ${lab.lab.folder.path}/log`,
      );
    });
  }
});
