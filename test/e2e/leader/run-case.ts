import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { createRandom } from "../../../bench/random.ts";
import { until } from "../../lab/until.ts";
import { auditedSince } from "./audit.ts";
import type { FaultLab } from "./fault-lab.ts";
import { arrivedGaps, arrivedRecords } from "./found.ts";
import type { ArrivedGap, ArrivedRecord } from "./found.ts";
import type { Replica } from "./replica.ts";
import { Stage } from "./stage.ts";
import type { FaultCase, MeasuredTakeover } from "./stage.ts";
import { verdictOf } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

export interface CaseOptions {
  readonly seed: number;
  readonly writesPerSecond: number;
  /** Unique in its lab. */
  readonly namespace: string;
}

export interface CaseReport {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly writes: number;
  readonly verdict: Verdict;
  readonly takeovers: readonly MeasuredTakeover[];
  /** Updates of the Lease a second, by the API server's audit log. */
  readonly leaseUpdatesPerSecond: number;
  /** How long before the fault the oldest of the duplicated states was written. */
  readonly duplicateWindowMs: number | undefined;
  readonly remarks: readonly string[];
  /** Empty: it held. */
  readonly faults: readonly string[];
}

const undisturbedMs = 2_000;
const arriveWithinMs = 60_000;

/** Plays one case under a stream of writes, waits until all has arrived, and judges. */
export async function runCase(
  lab: FaultLab,
  { name, run, expected }: FaultCase,
  options: CaseOptions,
): Promise<CaseReport> {
  const { seed, writesPerSecond, namespace } = options;
  await lab.rest();
  const { admin } = lab.lab.plane;
  await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const stage = new Stage(lab, createRandom(seed), namespace, writesPerSecond);
  const before = lab.replicas.map((replica) => ({ pid: replica.process.pid, scrape: replica.lastScrape }));
  const exitsBefore = lab.replicas.map((replica) => replica.exits.length);

  stage.write();
  let evidence: Evidence;
  try {
    await sleep(undisturbedMs);
    await run(stage);
    await sleep(undisturbedMs);
    await stage.stopWriting();
    evidence = await arrived(stage);
  } catch (error) {
    await stage.abandonWriting();
    throw error;
  }
  const { records, gaps, verdict } = evidence;

  const faults = [...stage.faults, ...verdict.faults];
  for (const { name: event, uid, resourceVersion, atMs } of verdict.missing) {
    faults.push(
      `${event} ${uid}/${resourceVersion} is missing, written ${said(atMs - stage.faultMs)} after the fault`,
    );
  }
  faults.push(...lab.replicas.flatMap((replica) => replica.contradictions.splice(0)));
  const exits = lab.replicas.flatMap((replica, index) => replica.exits.slice(exitsBefore[index]));
  if (exits.length > (expected.exitsMax ?? 0)) faults.push(`replicas ended themselves ${exits.length} times`);
  for (const { code } of exits) if (code !== 0) faults.push(`a replica ended with ${code}`);
  if (expected.noDuplicates === true && verdict.duplicates > 0) {
    faults.push(`${verdict.duplicates} records are there twice, although nobody was killed`);
  }
  const { oldestDuplicateMs: oldestMs } = verdict;
  const duplicateWindowMs = oldestMs === undefined ? undefined : stage.faultMs - oldestMs;
  const { windowMsMax } = expected;
  if (windowMsMax !== undefined && duplicateWindowMs !== undefined && duplicateWindowMs > windowMsMax) {
    faults.push(`a duplicate was written ${said(duplicateWindowMs)} before the fault`);
  }
  const takeovers = lab.witness.takeoversSince(stage.startMs);
  if (expected.sameLeader === true && takeovers.length > 0) faults.push("the Lease changed hands");
  if (expected.gap !== undefined && !gaps.some(({ cause }) => cause === expected.gap)) {
    faults.push(`there is no tidings.gap record with cause ${expected.gap}`);
  }
  faults.push(...disagreements(lab, before, records, gaps));

  const endMs = Date.now();
  const seconds = (endMs - stage.startMs) / 1_000;
  const audited = await auditedSince(lab.lab.folder, stage.startMs);
  const updates = audited.filter(({ verb, resource }) => verb === "update" && resource === "leases");
  const report: CaseReport = {
    name,
    seed,
    seconds,
    writes: stage.ledger.size,
    verdict,
    takeovers: stage.takeovers,
    leaseUpdatesPerSecond: updates.length / seconds,
    duplicateWindowMs,
    remarks: stage.remarks,
    faults,
  };
  if (faults.length > 0) await keep(lab, stage, report, evidence);
  return report;
}

interface Evidence {
  readonly records: readonly ArrivedRecord[];
  readonly gaps: readonly ArrivedGap[];
  readonly verdict: Verdict;
}

/** What Loki holds once nothing is missing and nothing is on its way, or when there was time enough for that. */
async function arrived(stage: Stage): Promise<Evidence> {
  const { lab, ledger, namespace, startMs } = stage;
  const { loki } = lab.lab;
  const look = async (): Promise<Evidence> => {
    const records = await arrivedRecords(loki, lab.clusterName, namespace, startMs - 5_000);
    const gaps = await arrivedGaps(loki, lab.clusterName, startMs);
    const takenOverFrom = lab.witness.takeoversSince(startMs).map(({ from }) => from);
    return { records, gaps, verdict: verdictOf({ ledger, records, gaps, takenOverFrom }) };
  };
  await lab.rest();
  await until(async () => ((await look()).verdict.missing.length === 0 ? true : undefined), {
    withinMs: arriveWithinMs,
    everyMs: 500,
    explain: () => "not everything has arrived",
  }).catch(() => {
    // What is missing stands in the verdict.
  });
  await lab.rest();
  return look();
}

/**
 * Where no process ended and nothing was listed anew, what the replicas say they delivered is what is in Loki: of an
 * answer that was lost, the same bytes sent again are stored once.
 */
function disagreements(
  { replicas }: FaultLab,
  before: readonly { readonly pid: number; readonly scrape: Replica["lastScrape"] }[],
  records: readonly ArrivedRecord[],
  gaps: readonly ArrivedGap[],
): readonly string[] {
  let delivered = 0;
  for (const [index, replica] of replicas.entries()) {
    const then = before[index]?.scrape;
    const now = replica.lastScrape;
    if (then === undefined || now === undefined || then.pid !== now.pid) return [];
    delivered += now.delivered - then.delivered;
  }
  if (gaps.some(({ cause }) => cause === "history_replaced")) return [];
  const found = records.length + gaps.length;
  return delivered === found
    ? []
    : [`/metrics says ${delivered} records were delivered, Loki holds ${found}`];
}

/** Everything that a person needs to understand what happened, beside the logs. */
async function keep(lab: FaultLab, stage: Stage, report: CaseReport, evidence: Evidence): Promise<void> {
  lab.lab.folder.keepLogs();
  const path = join(lab.lab.folder.path, "log", `${stage.namespace}.json`);
  const { records, gaps } = evidence;
  const account = {
    report,
    faultMs: stage.faultMs,
    startMs: stage.startMs,
    lease: lab.witness.since(stage.startMs - 5_000),
    exits: lab.replicas.map(({ name, exits }) => ({ name, exits })),
    requests: lab.replicas.map(({ name, tap }) => ({ name, requests: tap.since(stage.startMs) })),
    gaps,
    writes: stage.ledger.writes,
    records,
  };
  const text = JSON.stringify(
    account,
    (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
    1,
  );
  await writeFile(path, text);
}

function said(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** One line for people. */
export function lineOf(report: CaseReport): string {
  const { name, writes, verdict, takeovers, duplicateWindowMs, leaseUpdatesPerSecond, remarks, faults } =
    report;
  const parts = [
    name.padEnd(36),
    `${report.seconds.toFixed(0).padStart(3)} s`,
    `${String(writes).padStart(5)} writes`,
    `${verdict.duplicates} duplicates${duplicateWindowMs === undefined ? "" : ` (oldest ${said(duplicateWindowMs)} before the fault)`}`,
    ...takeovers.map(
      ({ ledAfterMs, exportedAfterMs }) =>
        `led after ${said(ledAfterMs)}, exported after ${said(exportedAfterMs)}`,
    ),
    ...(verdict.swallowed > 0 ? [`${verdict.swallowed} states in a gap`] : []),
    ...(verdict.inOtherEpochs > 0 ? [`${verdict.inOtherEpochs} again in another epoch`] : []),
    ...(verdict.estimated > 0 ? [`${verdict.estimated} estimated`] : []),
    `${leaseUpdatesPerSecond.toFixed(2)} Lease updates/s`,
    ...remarks,
    faults.length === 0 ? "held" : `FAILED: ${faults.length} faults`,
  ];
  return parts.join("  ");
}
