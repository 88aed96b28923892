/**
 * `npm run test:faults -- --minutes N`: faults by chance, one after the other, on one lab, until the time is over or one
 * is not withstood. A case alone: `--case NAME --seed S`, as its line of a failed run says.
 *
 *   --minutes N    how long; without it each case once, or the given ones
 *   --seed S       of the whole run, or of the one case
 *   --case NAME    only this one; may be given more than once
 *   --rate N       writes a second, 200 by default
 *   --stored N     Events that are stored before the first start
 */
import { parseArgs } from "node:util";

import { createRandom } from "../../../bench/random.ts";
import { findToolchain } from "../../lab/build.ts";
import { inParallel, writeCoreEvent, writeEvent } from "../../lab/event-writer.ts";
import { caseNamed, faultCases, nextSeed, shuffled } from "./cases.ts";
import { startFaultLab } from "./fault-lab.ts";
import type { FaultLab } from "./fault-lab.ts";
import { lineOf, runCase } from "./run-case.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string" },
      seed: { type: "string" },
      case: { type: "string", multiple: true },
      rate: { type: "string", default: "200" },
      stored: { type: "string", default: "0" },
    },
  });
  const toolchain = await findToolchain();
  if (toolchain.kind === "absent") {
    process.stderr.write(`Cannot run: ${toolchain.reason}\n`);
    return 1;
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  const stored = Number(values.stored);
  const cases = values.case?.map(caseNamed) ?? faultCases;
  const isSingle = cases.length === 1 && values.minutes === undefined;
  const endMs = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000;
  const random = createRandom(seed);
  say(`seed ${seed}`);

  // A short life of Events, so that a long run ends with no more of them than a short one.
  await using lab = await startFaultLab("faults", { eventTtl: stored > 0 ? "1h" : "5m" });
  await store(lab, stored);
  await lab.start();
  let count = 0;
  for (let isOver = false; !isOver; isOver = endMs === undefined) {
    for (const one of shuffled(cases, random)) {
      if (endMs !== undefined && Date.now() > endMs) {
        say(`${count} cases held`);
        return 0;
      }
      count += 1;
      const options = {
        seed: isSingle ? seed : nextSeed(random),
        writesPerSecond: Number(values.rate),
        namespace: `case-${count}`,
      };
      if (!(await holds(lab, one, options))) return 1;
    }
  }
  say(`${count} cases held`);
  return 0;
}

/** False: it did not, and everything that can tell why is kept. */
async function holds(
  lab: FaultLab,
  one: Parameters<typeof runCase>[1],
  options: Parameters<typeof runCase>[2],
): Promise<boolean> {
  const faults: string[] = [];
  try {
    const report = await runCase(lab, one, options);
    say(`${options.namespace}  ${lineOf(report)}`);
    faults.push(...report.faults);
  } catch (error) {
    say(`${options.namespace}  ${one.name}  FAILED`);
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  if (faults.length === 0) return true;
  lab.lab.folder.keepLogs();
  say(faults.slice(0, 10).join("\n"));
  if (faults.length > 10) say(`and ${faults.length - 10} more`);
  say(`logs: ${lab.lab.folder.path}/log`);
  say(`again: npm run test:faults -- --case ${one.name} --seed ${options.seed}`);
  return false;
}

async function store({ lab: { plane } }: FaultLab, count: number): Promise<void> {
  if (count === 0) return;
  const startMs = Date.now();
  const namespaces = ["stored-1", "stored-2", "stored-3", "stored-4"];
  for (const name of namespaces) {
    await plane.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await inParallel(count, 64, (index) =>
    (index % 2 === 0 ? writeCoreEvent : writeEvent)(plane.admin, {
      namespace: namespaces[index % namespaces.length] ?? "default",
      name: `stored-${index}`,
      note: `stored event number ${index}`,
    }),
  );
  say(`wrote ${count} Events in ${Math.round((Date.now() - startMs) / 1_000)} s`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
