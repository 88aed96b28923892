import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { checkpointAnnotation } from "../../../src/leader/checkpoint.ts";
import { momentOf } from "../../../src/leader/fence.ts";
import { HeldLease, type Writing } from "../../../src/leader/held-lease.ts";
import { leaseName, LeaseWorld, times, type Process } from "./lease-world.ts";

const never = new AbortController().signal;
const { renewDeadlineMs } = times;

interface Holding {
  readonly world: LeaseWorld;
  readonly process: Process;
  readonly held: HeldLease;
  readonly renew: () => Promise<Writing>;
}

/** A Lease that "a" has just taken in its term 3. */
async function hold(): Promise<Holding> {
  const world = new LeaseWorld();
  const spec = { holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 3 };
  world.makeLease(spec, { [checkpointAnnotation]: "before" });
  const process = world.process("a");
  const sent = momentOf(process.machine.runtime);
  const got = await world.answered(process.leases.get(leaseName, { timeoutMs: 1_000 }, never));
  assert.ok(got.kind === "ok");
  const held = new HeldLease(
    { lease: got.lease, sent, isCertain: true, renewedBeforeMs: 0 },
    process.options,
    process.parts,
  );
  process.requests.length = 0;
  return { world, process, held, renew: () => world.answered(held.renew(never)) };
}

/** The wall clock has whole milliseconds. */
function isAbout(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= 1;
}

function methods({ requests }: Process): readonly string[] {
  return requests.map(({ request }) => request.method);
}

suite("held lease", () => {
  test("a renewal is one PUT, and moves the fence to when it was sent", async () => {
    const { world, process, held, renew } = await hold();
    await world.pass(5_000);
    const sentMs = world.nowMs;
    assert.deepEqual(await renew(), { kind: "written" });
    assert.deepEqual(methods(process), ["PUT"]);
    assert.ok(isAbout(held.fence.remainingMs(), renewDeadlineMs - (world.nowMs - sentMs)));
    assert.equal(held.transitions, 3);
    assert.equal(world.lease?.spec.leaseTransitions, 3);
  });

  test("a write that was done although its answer was lost counts, from when it was sent", async () => {
    const { world, process, held, renew } = await hold();
    process.checkpoint = "new";
    await world.pass(5_000);
    const sentMs = world.nowMs;
    world.api.inject({ kind: "refuse", count: 1, code: "reset", verb: "update", isDone: true });
    assert.deepEqual(await renew(), { kind: "written" });
    assert.deepEqual(methods(process), ["PUT", "GET"]);
    assert.ok(isAbout(held.fence.remainingMs(), renewDeadlineMs - (world.nowMs - sentMs)));
    assert.equal(held.checkpointAgeMs, world.nowMs - sentMs);
  });

  test("so it does where the answer is a 504, or does not come in time", async () => {
    for (const fault of [
      { kind: "answer", count: 1, status: 504, verb: "update", isDone: true },
      { kind: "hang", count: 1, forMs: 60_000, verb: "update", isDone: true },
    ] as const) {
      const { world, process, renew } = await hold();
      world.api.inject(fault);
      assert.deepEqual(await renew(), { kind: "written" });
      assert.deepEqual(methods(process), ["PUT", "GET"]);
    }
  });

  test("a write that was lost with its answer is a failure, and the next one goes by what was read", async () => {
    const { world, process, held, renew } = await hold();
    await world.pass(3_000);
    world.api.inject({ kind: "refuse", count: 1, code: "reset", verb: "update" });
    const failed = await renew();
    assert.ok(failed.kind === "failed");
    assert.equal(failed.operation, "update the Lease observability/tidings");
    assert.ok(held.fence.remainingMs() < renewDeadlineMs - 3_000);
    assert.deepEqual(await renew(), { kind: "written" });
    assert.deepEqual(methods(process), ["PUT", "GET", "PUT"]);
  });

  test("what could not be looked at is looked at before the next write", async () => {
    const { world, process, held, renew } = await hold();
    await world.pass(3_000);
    world.api.inject({ kind: "refuse", count: 2, code: "reset", resource: "leases", isDone: true });
    const before = world.nowMs;
    assert.equal((await renew()).kind, "failed");
    world.api.inject({ kind: "answer", count: 1, status: 429, verb: "update" });
    assert.equal((await renew()).kind, "failed");
    assert.deepEqual(methods(process), ["PUT", "GET", "GET", "PUT"]);
    // The first write had been done.
    assert.ok(isAbout(held.fence.remainingMs(), renewDeadlineMs - (world.nowMs - before)));
    assert.deepEqual(await renew(), { kind: "written" });
  });

  test("a conflict with somebody who annotates is settled at once, and both are kept", async () => {
    const { world, process, renew } = await hold();
    process.checkpoint = "new";
    world.api.inject({ kind: "annotate_leases" });
    assert.deepEqual(await renew(), { kind: "written" });
    assert.deepEqual(methods(process), ["PUT", "GET", "PUT"]);
    assert.deepEqual(world.lease?.metadata.annotations, {
      "example.com/seen": "1",
      [checkpointAnnotation]: "new",
    });
  });

  test("somebody who annotates all the time keeps us from nothing but the one renewal", async () => {
    const { world, process, held } = await hold();
    const renewing = held.renew(never);
    const annotate = (): void => {
      world.api.inject({ kind: "annotate_leases" });
      world.simulator.schedule(1, annotate);
    };
    annotate();
    const failed = await world.answered(renewing);
    assert.ok(failed.kind === "failed");
    assert.equal(process.count("PUT"), 4);
  });

  test("another holder, another term or no holder at all: it is taken", async () => {
    const cases = [
      [{ holderIdentity: "b", leaseTransitions: 3 }, "b holds it now"],
      [{ holderIdentity: "a", leaseTransitions: 5 }, "a holds it now"],
      [{ leaseTransitions: 3 }, "nobody holds it now"],
    ] as const;
    for (const [spec, detail] of cases) {
      const { world, renew, process } = await hold();
      world.makeLease(spec);
      assert.deepEqual(await renew(), { kind: "taken", detail });
      assert.deepEqual(methods(process), ["PUT", "GET"]);
    }
  });

  test("a Lease that was deleted is made anew with what we hold", async () => {
    for (const checkpoint of [undefined, "new"]) {
      const { world, process, held, renew } = await hold();
      process.checkpoint = checkpoint;
      world.api.inject({ kind: "delete_leases" });
      assert.deepEqual(await renew(), { kind: "written" });
      const { spec, metadata } = world.lease ?? {};
      assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ["a", 3]);
      assert.deepEqual(metadata?.annotations, { [checkpointAnnotation]: checkpoint ?? "before" });
      assert.ok(held.fence.remainingMs() > renewDeadlineMs - 200);
      assert.deepEqual(await renew(), { kind: "written" });
    }
  });

  test("one that was made anew by another after it was deleted is that one's", async () => {
    const { world, renew } = await hold();
    world.api.inject({ kind: "delete_leases" });
    world.makeLease({ holderIdentity: "b", leaseTransitions: 0 });
    assert.deepEqual(await renew(), { kind: "taken", detail: "b holds it now" });
  });

  test("one that was deleted and made anew, and that nobody has taken, is ours on", async () => {
    for (const checkpoint of [undefined, "new"]) {
      const { world, process, renew } = await hold();
      process.checkpoint = checkpoint;
      world.api.inject({ kind: "delete_leases" });
      world.makeLease();
      assert.deepEqual(await renew(), { kind: "written" });
      const { spec, metadata } = world.lease ?? {};
      assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ["a", 3]);
      assert.deepEqual(metadata?.annotations, { [checkpointAnnotation]: checkpoint ?? "before" });
    }
  });

  test("without the right to make it anew it is missing, until somebody else makes it", async () => {
    const { world, renew } = await hold();
    world.api.inject({ kind: "delete_leases" });
    world.api.inject({ kind: "forbid", permission: "create leases" });
    const missing = await renew();
    assert.ok(missing.kind === "missing");
    assert.match(missing.detail, /cannot create resource "leases"/);
    assert.equal((await renew()).kind, "missing");
    world.api.inject({ kind: "permit", permission: "create leases" });
    assert.deepEqual(await renew(), { kind: "written" });
  });

  test("a refusal is a failure that nobody has to look at", async () => {
    const { world, process, renew } = await hold();
    world.api.inject({ kind: "forbid", permission: "update leases" });
    const failed = await renew();
    assert.ok(failed.kind === "failed");
    assert.match(failed.detail, /cannot update resource "leases"/);
    assert.deepEqual(methods(process), ["PUT"]);
  });

  test("no request is started once the fence is closed, none goes on beyond it", async () => {
    const { world, process, held, renew } = await hold();
    await world.pass(renewDeadlineMs - 1_000);
    process.link.become("silent");
    await renew();
    assert.ok(held.fence.remainingMs() <= 0 && held.fence.remainingMs() > -1);
    const requests = process.requests.length;
    assert.equal((await renew()).kind, "failed");
    assert.equal((await world.answered(held.release(never))).kind, "failed");
    assert.equal(process.requests.length, requests);
  });

  test("a release takes the holder out and leaves the checkpoint", async () => {
    const { world, process, held } = await hold();
    process.checkpoint = "the last";
    assert.deepEqual(await world.answered(held.release(never)), { kind: "written" });
    const { spec, metadata } = world.lease ?? {};
    assert.deepEqual([spec?.holderIdentity, spec?.leaseDurationSeconds, spec?.leaseTransitions], ["", 1, 3]);
    assert.equal(metadata?.annotations?.[checkpointAnnotation], "the last");
  });

  test("a release is made although a renewal before it was cut off, done or not", async () => {
    for (const isDone of [true, false]) {
      const { world, process, held } = await hold();
      const stop = new AbortController();
      world.api.inject({ kind: "hang", count: 1, forMs: 60_000, verb: "update", isDone });
      const renewing = held.renew(stop.signal);
      await world.pass(1_000);
      stop.abort();
      assert.equal((await world.answered(renewing)).kind, "failed");
      assert.deepEqual(await world.answered(held.release(never)), { kind: "written" });
      assert.equal(world.holder, "");
      assert.deepEqual(methods(process), ["PUT", "GET", "PUT"]);
    }
  });

  test("a release whose answer was lost was made, and is made even where the Lease was deleted", async () => {
    const { world, process, held } = await hold();
    process.checkpoint = "the last";
    world.api.inject({ kind: "delete_leases" });
    world.api.inject({ kind: "refuse", count: 1, code: "reset", verb: "create", isDone: true });
    assert.deepEqual(await world.answered(held.release(never)), { kind: "written" });
    assert.equal(world.holder, "");
    assert.equal(world.lease?.metadata.annotations?.[checkpointAnnotation], "the last");
  });
});
