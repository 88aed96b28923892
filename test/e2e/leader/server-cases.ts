/** What befalls the API server, etcd and the Collector, while replicas are up or down. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { until } from "../../lab/until.ts";
import { storedEvents } from "../oracle.ts";
import { arrivedGaps } from "./found.ts";
import { crashTakeoverMs, untilSomeoneLeads } from "./leadership-cases.ts";
import type { FaultCase, Stage } from "./stage.ts";
import { keyOf } from "./write-ledger.ts";

/** While the API server is away nobody can renew: on a slow machine leadership may end, and is taken again. */
const mayLoseLeadership = { exitsMax: 2, windowMsMax: 20_000 } as const;

export const serverCases: readonly FaultCase[] = [
  {
    name: "kill-api-server",
    expected: mayLoseLeadership,
    async run(stage) {
      const { apiServer } = stage.lab.lab.plane;
      stage.markFault();
      await apiServer.kill("SIGKILL");
      await stage.pause(0, 2_000);
      await apiServer.startReady();
    },
  },
  {
    name: "kill-etcd",
    expected: mayLoseLeadership,
    async run(stage) {
      const { etcd } = stage.lab.lab.plane;
      stage.markFault();
      await etcd.kill("SIGKILL");
      await stage.pause(0, 2_000);
      await etcd.startReady();
    },
  },
  {
    name: "api-server-away-past-the-lease",
    isLong: true,
    expected: { exitsMax: 4, windowMsMax: 30_000 },
    async run(stage) {
      const { apiServer } = stage.lab.lab.plane;
      stage.markFault();
      await apiServer.kill("SIGKILL");
      await stage.pause(12_000, 25_000);
      await apiServer.startReady();
      await untilSomeoneLeads(stage, crashTakeoverMs);
    },
  },
  {
    name: "both-down",
    expected: { windowMsMax: 20_000 },
    async run(stage) {
      await endBoth(stage);
      await stage.pause(1_000, 4_000);
      await startBoth(stage);
      await untilSomeoneLeads(stage, crashTakeoverMs);
    },
  },
  {
    name: "compact-while-both-down",
    expected: { windowMsMax: 20_000, gap: "takeover" },
    async run(stage) {
      await endBoth(stage);
      await stage.pause(2_000, 4_000);
      await stage.lab.lab.plane.etcd.compact();
      await sleep(1_000);
      await startBoth(stage);
      await untilSomeoneLeads(stage, crashTakeoverMs);
    },
  },
  {
    name: "kill-leader-while-collector-is-away",
    isLong: true,
    expected: { windowMsMax: 30_000 },
    async run(stage) {
      const { collector } = stage.lab.lab;
      const { leader, follower } = await stage.lab.roles();
      stage.markFault();
      await collector.stop();
      await stage.pause(1_000, 5_000);
      await leader.end("SIGKILL");
      await stage.pause(1_000, 20_000);
      await collector.startReady();
      await stage.takeover(follower, crashTakeoverMs);
      await leader.start();
    },
  },
  {
    name: "restore-etcd",
    expected: { exitsMax: 4, gap: "history_replaced" },
    run: (stage) => restoreEtcd(stage, { bumpRevision: false, areDown: false, growsAtOnce: false }),
  },
  {
    name: "restore-etcd-that-grows-past",
    expected: { exitsMax: 4, gap: "history_replaced" },
    run: (stage) => restoreEtcd(stage, { bumpRevision: false, areDown: false, growsAtOnce: true }),
  },
  {
    name: "restore-etcd-bumped",
    // A gap only where something newer was stored before the look: what is missing without one is a fault anyway.
    expected: { exitsMax: 4 },
    run: (stage) => restoreEtcd(stage, { bumpRevision: true, areDown: false, growsAtOnce: true }),
  },
  {
    name: "restore-etcd-while-both-down",
    isLong: true,
    expected: { exitsMax: 4 },
    run: (stage) => restoreEtcd(stage, { bumpRevision: false, areDown: true, growsAtOnce: true }),
  },
  {
    name: "restore-etcd-bumped-while-both-down",
    isLong: true,
    expected: { exitsMax: 4, gap: "takeover" },
    run: (stage) => restoreEtcd(stage, { bumpRevision: true, areDown: true, growsAtOnce: true }),
  },
];

/** The follower first, or it would take over in between. */
async function endBoth(stage: Stage): Promise<void> {
  const { leader, follower } = await stage.lab.roles();
  const signal = stage.random.next() < 0.5 ? "SIGTERM" : "SIGKILL";
  stage.remarks.push(signal);
  stage.markFault();
  await follower.end(signal);
  await leader.end(signal);
}

async function startBoth(stage: Stage): Promise<void> {
  await Promise.all(stage.lab.replicas.map((replica) => replica.start()));
}

interface Restore {
  readonly bumpRevision: boolean;
  /** No replica lives meanwhile: the next leader knows only what the restored Lease says. */
  readonly areDown: boolean;
  /** Writes go on at once, so that the new history may be longer than the old one before anybody looks. */
  readonly growsAtOnce: boolean;
}

async function restoreEtcd(stage: Stage, { bumpRevision, areDown, growsAtOnce }: Restore): Promise<void> {
  const { lab, clusterName } = stage.lab;
  const { etcd, apiServer, admin } = lab.plane;
  const snapshot = join(lab.folder.path, `${stage.namespace}.snapshot`);
  const kept = BigInt(await etcd.revision());
  await etcd.snapshot(snapshot);
  await stage.pause(growsAtOnce ? 500 : 1_000, growsAtOnce ? 1_500 : 4_000);
  if (areDown) await endBoth(stage);
  else stage.markFault();
  await apiServer.kill("SIGKILL");
  await stage.abandonWriting();
  await etcd.kill("SIGKILL");
  await etcd.restore(snapshot, { bumpRevision });
  await etcd.startReady();
  await apiServer.startReady();
  // Asked before anything is written anew.
  const held = new Set(
    (await storedEvents(admin)).map(({ metadata: { uid, resourceVersion } }) =>
      keyOf({ uid, resourceVersion }),
    ),
  );
  stage.ledger.erase(kept, (write) => held.has(keyOf(write)));
  if (growsAtOnce) stage.write();
  if (areDown) {
    await startBoth(stage);
    await untilSomeoneLeads(stage, crashTakeoverMs);
  }
  if (growsAtOnce) {
    await sleep(8_000);
    return;
  }
  await until(
    async () => {
      const gaps = await arrivedGaps(lab.loki, clusterName, stage.startMs);
      return gaps.some(({ cause }) => cause === "history_replaced") ? true : undefined;
    },
    { withinMs: 60_000, everyMs: 500, explain: () => "nobody noticed that etcd was restored" },
  );
  stage.write();
}
