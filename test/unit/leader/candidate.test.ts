import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Candidate, type Candidacy } from "../../../src/leader/candidate.ts";
import { checkpointAnnotation } from "../../../src/leader/checkpoint.ts";
import { LeaseWorld, times, type Process } from "./lease-world.ts";

const { leaseDurationMs } = times;
const never = new AbortController().signal;

const held = {
  holderIdentity: "a",
  leaseDurationSeconds: 15,
  renewTime: "2026-11-25T21:30:00.000000Z",
  leaseTransitions: 3,
};

interface Standing {
  readonly world: LeaseWorld;
  readonly process: Process;
  readonly candidate: Candidate;
  readonly look: () => Promise<Candidacy>;
}

function stand(): Standing {
  const world = new LeaseWorld();
  const process = world.process("b");
  const candidate = new Candidate(process.options, process.leases, process.machine.runtime);
  return { world, process, candidate, look: () => world.answered(candidate.look(never)) };
}

suite("candidate", () => {
  test("leaves a Lease alone that another holds, and says until when at least", async () => {
    const { world, candidate, look } = stand();
    world.makeLease(held);
    const seen = await look();
    assert.ok(seen.kind === "held");
    assert.deepEqual([seen.holder, seen.untilMs], ["a", world.nowMs + leaseDurationMs]);
    assert.equal(candidate.transitions, 3);
  });

  test("takes it when its holder has not renewed for its whole duration", async () => {
    const { world, look } = stand();
    world.makeLease(held, { [checkpointAnnotation]: "of a" });
    assert.equal((await look()).kind, "held");
    await world.pass(leaseDurationMs - 200);
    assert.equal((await look()).kind, "held");
    await world.pass(200);
    const taken = await look();
    assert.ok(taken.kind === "taken");
    const { lease, isCertain } = taken.taken;
    assert.ok(isCertain);
    assert.deepEqual([lease.spec.holderIdentity, lease.spec.leaseTransitions], ["b", 4]);
    assert.equal(lease.metadata.annotations?.[checkpointAnnotation], "of a");
    assert.equal(world.holder, "b");
  });

  test("a renewal between its look and its write is a conflict, and the other's", async () => {
    const { world, process, candidate, look } = stand();
    world.makeLease({ ...held, holderIdentity: "" });
    const looking = candidate.look(never);
    await world.until(() => process.count("PUT") === 1);
    world.makeLease(held);
    assert.deepEqual(await world.answered(looking), { kind: "outrun" });
    assert.equal((await look()).kind, "held");
  });

  test("of two that make it, one is faster", async () => {
    const { world, process, candidate } = stand();
    const looking = candidate.look(never);
    await world.until(() => process.count("POST") === 1);
    world.makeLease(held);
    assert.deepEqual(await world.answered(looking), { kind: "outrun" });
  });

  test("a holder whose Lease was deleted holds it until its time is over; then its checkpoint comes back", async () => {
    const { world, process, look } = stand();
    world.makeLease(held, { [checkpointAnnotation]: "of a" });
    await look();
    world.api.inject({ kind: "delete_leases" });
    const seen = await look();
    assert.ok(seen.kind === "held" && seen.holder === "a");
    assert.equal(process.count("POST"), 0);
    await world.pass(leaseDurationMs);
    const taken = await look();
    assert.ok(taken.kind === "taken");
    assert.equal(taken.taken.lease.spec.leaseTransitions, 4);
    assert.deepEqual(world.lease?.metadata.annotations, { [checkpointAnnotation]: "of a" });
  });

  test("knows when the holder before last wrote, which may be long after its last checkpoint", async () => {
    const { world, look } = stand();
    world.makeLease({ ...held, holderIdentity: "", renewTime: "2026-11-25T22:32:36.113000Z" });
    const taken = await look();
    assert.ok(taken.kind === "taken");
    assert.equal(taken.taken.renewedBeforeMs, Date.UTC(2026, 10, 25, 22, 32, 36, 113));
  });

  test("one that was deleted and made anew is the holder's until its time is over, and its checkpoint comes back", async () => {
    const { world, look } = stand();
    world.makeLease(held, { [checkpointAnnotation]: "of a" });
    await look();
    world.api.inject({ kind: "delete_leases" });
    world.makeLease();
    const seen = await look();
    assert.ok(seen.kind === "held" && seen.holder === "a");
    await world.pass(leaseDurationMs);
    const taken = await look();
    assert.ok(taken.kind === "taken");
    assert.equal(taken.taken.lease.spec.leaseTransitions, 4);
    assert.deepEqual(world.lease?.metadata.annotations, { [checkpointAnnotation]: "of a" });
  });

  test("finds itself the holder after a write whose answer was lost, and goes on with that term", async () => {
    const { world, look } = stand();
    world.makeLease();
    world.api.inject({ kind: "refuse", count: 1, code: "reset", verb: "update", isDone: true });
    const failed = await look();
    assert.ok(failed.kind === "failed" && failed.doubtful !== undefined);
    assert.equal(failed.doubtful.isCertain, false);
    assert.equal(world.holder, "b");
    const taken = await look();
    assert.ok(taken.kind === "taken" && taken.taken.isCertain);
    assert.equal(taken.taken.lease.spec.leaseTransitions, 0);
  });

  test("a refusal leaves no doubt", async () => {
    const { world, look } = stand();
    world.makeLease();
    world.api.inject({ kind: "forbid", permission: "update leases" });
    const failed = await look();
    assert.ok(failed.kind === "failed");
    assert.equal(failed.operation, "update the Lease observability/tidings");
    assert.equal(failed.doubtful, undefined);
  });

  test("a Lease that it cannot read it does not take", async () => {
    const { world, process, look } = stand();
    world.makeLease();
    world.api.inject({ kind: "answer", count: 1, status: 500, verb: "get" });
    const failed = await look();
    assert.ok(failed.kind === "failed");
    assert.equal(failed.operation, "give the Lease observability/tidings");
    assert.equal(process.count("PUT") + process.count("POST"), 0);
  });
});
