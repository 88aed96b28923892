/** What befalls the two replicas themselves, and their Lease. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { grantLeaseCreation } from "../../lab/service-account.ts";
import { until } from "../../lab/until.ts";
import { documentedLease, explainAll } from "./fault-lab.ts";
import { leasePath } from "./lease-witness.ts";
import type { Replica } from "./replica.ts";
import type { FaultCase, Stage } from "./stage.ts";

/** Lease duration and a retry with its jitter, and as much again for a busy machine. */
export const crashTakeoverMs = 25_000;
/** Between two checkpoints lie a renewal and what it waits for; what was read and not delivered comes on top. */
const duplicateWindowMs = 5_000;

export const leadershipCases: readonly FaultCase[] = [
  {
    name: "terminate-leader",
    expected: { noDuplicates: true },
    async run(stage) {
      const { leader, follower } = await stage.lab.roles();
      stage.markFault();
      await Promise.all([endWell(leader), stage.takeover(follower, 10_000)]);
      await leader.start();
    },
  },
  {
    name: "kill-leader",
    expected: { windowMsMax: duplicateWindowMs },
    async run(stage) {
      const { leader, follower } = await stage.lab.roles();
      stage.markFault();
      await Promise.all([leader.end("SIGKILL"), stage.takeover(follower, crashTakeoverMs)]);
      await leader.start();
    },
  },
  {
    name: "kill-leader-and-restart-at-once",
    isLong: true,
    expected: { windowMsMax: duplicateWindowMs },
    async run(stage) {
      const { leader } = await stage.lab.roles();
      stage.markFault();
      await leader.end("SIGKILL");
      await leader.start();
      await untilSomeoneLeads(stage, crashTakeoverMs);
    },
  },
  {
    name: "pause-leader",
    expected: { windowMsMax: duplicateWindowMs, exitsMax: 1 },
    async run(stage) {
      const { leader, follower } = await stage.lab.roles();
      stage.markFault();
      await leader.process.kill("SIGSTOP");
      await stage.takeover(follower, crashTakeoverMs);
      await stage.pause(0, 5_000);
      const resumedMs = Date.now();
      await leader.process.kill("SIGCONT");
      await untilExited(stage, leader, resumedMs, 10_000);
      await leader.ready();
      await sleep(1_000);
      stage.expectSilence(leader, resumedMs, "after it had been stopped past its Lease");
    },
  },
  {
    name: "pause-leader-shortly",
    expected: { noDuplicates: true, sameLeader: true },
    async run(stage) {
      const { leader } = await stage.lab.roles();
      stage.markFault();
      await leader.process.kill("SIGSTOP");
      await stage.pause(1_000, 5_000);
      await leader.process.kill("SIGCONT");
      await sleep(3_000);
    },
  },
  {
    name: "cut-off-leader",
    // Cut off, it goes on delivering what it has read until its deadline, and cannot write that down.
    expected: { windowMsMax: 10_000 + duplicateWindowMs, exitsMax: 1 },
    async run(stage) {
      const { leader, follower } = await stage.lab.roles();
      stage.markFault();
      leader.gate.stall();
      await stage.takeover(follower, crashTakeoverMs);
      const takenMs = stage.lab.witness.newest?.acquiredMs ?? Date.now();
      await untilExited(stage, leader, stage.faultMs, 10_000);
      leader.gate.shut();
      leader.gate.open();
      await leader.ready();
      stage.expectSilence(leader, takenMs, "after another had taken over");
    },
  },
  {
    name: "roll-both",
    expected: { noDuplicates: true },
    async run(stage) {
      const roles = await stage.lab.roles();
      const inOrder = [roles.follower, roles.leader];
      if (stage.random.next() < 0.5) inOrder.reverse();
      for (const replica of inOrder) {
        stage.markFault();
        const other = stage.lab.replicas.find((one) => one !== replica);
        const isLeader = (await replica.scrape())?.isLeader === true;
        const takeover = isLeader && other !== undefined ? stage.takeover(other, 10_000) : Promise.resolve();
        await Promise.all([endWell(replica), takeover]);
        await replica.start();
      }
    },
  },
  {
    name: "annotate-lease",
    expected: { noDuplicates: true, sameLeader: true },
    async run(stage) {
      const { admin } = stage.lab.lab.plane;
      stage.markFault();
      for (let index = 1; index <= 30; index += 1) {
        const annotations = { "lab.example/by-someone-else": String(index) };
        await admin.patch(leasePath, { metadata: { annotations, labels: { "lab.example/seen": "true" } } });
        await stage.pause(50, 300);
      }
      const isBroken = stage.random.next() < 0.5;
      if (isBroken) {
        stage.remarks.push("checkpoint overwritten");
        await admin.patch(leasePath, { metadata: { annotations: { "tidings/checkpoint": "not ours" } } });
      }
      await sleep(3_000);
      const newest = await until(
        () => {
          const seen = stage.lab.witness.newest;
          return seen?.acknowledged === undefined ? undefined : seen;
        },
        { withinMs: 10_000, explain: () => "the checkpoint was not written anew" },
      );
      assert.equal(newest.annotations["lab.example/by-someone-else"], "30", "Another's annotation is kept");
    },
  },
  {
    // What was delivered stood in that Lease alone: the next leader begins from nothing.
    name: "delete-lease",
    expected: { exitsMax: 2 },
    async run(stage) {
      const { admin } = stage.lab.lab.plane;
      const { leader } = await stage.lab.roles();
      stage.markFault();
      await admin.delete(leasePath);
      await leader.process.untilLogged(/"notice":"lease_missing"/, 20_000);
      await untilExited(stage, leader, stage.faultMs, 20_000);
      await admin.apply(documentedLease);
      await untilSomeoneLeads(stage, crashTakeoverMs);
    },
  },
  {
    name: "delete-lease-that-may-be-created",
    expected: { noDuplicates: true, sameLeader: true },
    async run(stage) {
      const { plane } = stage.lab.lab;
      const { revoke } = await grantLeaseCreation(plane, stage.lab.account);
      // Until the API server's authorizer knows.
      await sleep(2_000);
      stage.markFault();
      await plane.admin.delete(leasePath);
      await until(async () => ((await plane.admin.get(leasePath)) === undefined ? undefined : true), {
        withinMs: 10_000,
        explain: () => explainAll(stage.lab.replicas, "did not create the Lease"),
      });
      await sleep(3_000);
      await revoke();
    },
  },
];

/** SIGTERM, as Kubernetes stops a pod. */
export async function endWell(replica: Replica): Promise<void> {
  const code = await replica.end("SIGTERM");
  if (code !== 0) throw new Error(await replica.process.explain(`ended with ${code} on SIGTERM`));
}

/** Waits until a replica ended by itself, clean, since then. */
async function untilExited(stage: Stage, replica: Replica, sinceMs: number, withinMs: number): Promise<void> {
  const exit = await until(() => replica.exits.find(({ atMs }) => atMs >= sinceMs), {
    withinMs,
    explain: () => replica.process.explain("did not end, although it leads no more"),
  });
  stage.remarks.push(`ended itself after ${((exit.atMs - sinceMs) / 1_000).toFixed(1)} s`);
}

/** Waits until the Lease has a holder since the fault, whoever that is. */
export async function untilSomeoneLeads(stage: Stage, withinMs: number): Promise<void> {
  const { replicas } = stage.lab;
  const leader = await until(
    async () => {
      for (const replica of replicas) {
        const scrape = await replica.scrape();
        if (scrape?.isLeader === true) return replica;
      }
      return undefined;
    },
    { withinMs, explain: () => explainAll(replicas, ": nobody leads") },
  );
  await stage.takeover(leader, withinMs);
}
