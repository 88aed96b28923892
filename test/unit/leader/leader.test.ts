import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { checkpointAnnotation } from "../../../src/leader/checkpoint.ts";
import { LeaseWorld, times } from "./lease-world.ts";

const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times;
/** What requests of one renewal or one look may take on their ways. */
const waysMs = 200;
/** A follower's period with its jitter. */
const lookMs = retryPeriodMs * 1.2 + waysMs;

suite("leader", () => {
  test("takes the empty Lease of the chart, and leaves in it what is not ours", async () => {
    const world = new LeaseWorld();
    world.makeLease({}, { "example.com/note": "theirs" });
    const a = await world.startLeader("a");
    assert.deepEqual(a.leadership, { transitions: 0, checkpoint: undefined, renewedBeforeMs: 0 });
    const { metadata, spec } = world.lease ?? {};
    assert.deepEqual(metadata?.annotations, { "example.com/note": "theirs" });
    assert.deepEqual(
      [spec?.holderIdentity, spec?.leaseDurationSeconds, spec?.leaseTransitions],
      ["a", 15, 0],
    );
    assert.deepEqual(a.kinds(), ["leader_acquired"]);
    const { isLeader, isFollowing, fault } = a.leader.status();
    assert.deepEqual([isLeader, isFollowing, fault], [true, false, undefined]);
  });

  test("makes the Lease where there is none", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    assert.equal(world.holder, "a");
    assert.equal(a.leadership?.transitions, 0);
  });

  test("renews each period, and writes the checkpoint with it: one PUT each two seconds", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    assert.equal(a.leader.status().checkpointAgeMs, 0);
    a.process.checkpoint = "1";
    await world.pass(60_000);
    assert.equal(world.lease?.metadata.annotations?.[checkpointAnnotation], "1");
    assert.ok(a.process.count("PUT") <= 30 && a.process.count("PUT") >= 28);
    assert.ok(a.leader.mayAct());
    const { checkpointAgeMs } = a.leader.status();
    assert.ok(checkpointAgeMs > 0 && checkpointAgeMs <= retryPeriodMs + waysMs);
    assert.ok(a.beats >= 29);
  });

  test("while it has no checkpoint of its own, that of the leader before stays", async () => {
    const world = new LeaseWorld();
    world.makeLease({}, { [checkpointAnnotation]: "before" });
    const a = await world.startLeader("a");
    await world.pass(10_000);
    assert.equal(a.leadership?.checkpoint, "before");
    assert.equal(world.lease?.metadata.annotations?.[checkpointAnnotation], "before");
  });

  test("after a crash another takes over within the Lease's duration and a period, with the checkpoint", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    a.process.checkpoint = "of a";
    const b = await world.startFollower("b");
    await world.pass(60_000);
    a.process.machine.crash();
    const tookMs = await world.until(() => b.leader.mayAct());
    assert.ok(tookMs <= leaseDurationMs + lookMs, `${tookMs}`);
    assert.ok(tookMs >= renewDeadlineMs);
    assert.equal(b.leadership?.transitions, 1);
    assert.equal(b.leadership.checkpoint, "of a");
    assert.ok(b.leadership.renewedBeforeMs > 0);
    assert.deepEqual(b.kinds(), ["leader_following", "leader_acquired"]);
  });

  test("a stop releases the Lease with a last checkpoint, and another takes over within a period", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    const b = await world.startFollower("b");
    a.process.checkpoint = "the last";
    a.stop();
    const tookMs = await world.until(() => b.leader.mayAct());
    assert.ok(tookMs <= lookMs, `${tookMs}`);
    assert.equal(b.leadership?.transitions, 1);
    assert.equal(b.leadership.checkpoint, "the last");
    assert.ok(a.hasEnded && !a.leader.lost.aborted && !a.leader.mayAct());
    assert.deepEqual(a.kinds(), ["leader_acquired", "leader_released"]);
  });

  test("from the moment it releases the Lease it may not act", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    a.stop();
    await world.until(() => a.process.count("PUT") > 0);
    assert.ok(!a.leader.mayAct() && !a.leader.status().isLeader);
    await world.until(() => a.hasEnded);
  });

  test("a release that meets an annotation of somebody else is made all the same", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    a.process.checkpoint = "the last";
    world.api.inject({ kind: "annotate_leases" });
    a.stop();
    await world.until(() => a.hasEnded);
    assert.equal(world.holder, "");
    assert.deepEqual(world.lease?.metadata.annotations, {
      "example.com/seen": "1",
      [checkpointAnnotation]: "the last",
    });
  });

  test("a release that cannot be made does not hold up the stop", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    a.process.link.become("silent");
    a.stop();
    const tookMs = await world.until(() => a.hasEnded);
    assert.ok(tookMs <= 5_000 + waysMs);
    assert.equal(a.notices.at(-1)?.kind, "lease_failed");
    await world.pass(60_000);
    assert.equal(a.process.requests.filter(({ atMs }) => atMs > (a.endedAtMs ?? 0)).length, 0);
  });

  test("goes on where others annotate, and keeps what they wrote", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    for (let round = 1; round <= 20; round += 1) {
      world.api.inject({ kind: "annotate_leases" });
      await world.pass(1_500);
    }
    a.process.checkpoint = "2";
    await world.pass(retryPeriodMs + waysMs);
    assert.deepEqual(world.lease?.metadata.annotations, {
      "example.com/seen": "20",
      [checkpointAnnotation]: "2",
    });
    assert.ok(a.leader.mayAct());
    assert.deepEqual(a.kinds(), ["leader_acquired"]);
  });

  test("ends when another holds the Lease, and writes nothing over it", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    world.makeLease({ holderIdentity: "b", leaseDurationSeconds: 15, leaseTransitions: 1 });
    await world.until(() => a.hasEnded);
    assert.ok(a.leader.lost.aborted && !a.leader.mayAct());
    assert.deepEqual(a.notices.at(-1), {
      kind: "leader_lost",
      lease: "observability/tidings",
      cause: "taken",
      detail: "b holds it now",
    });
    assert.equal(world.holder, "b");
  });

  test("a term that somebody else had in between ends ours, though our name stands there again", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    world.makeLease({ holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 2 });
    await world.until(() => a.hasEnded);
    assert.equal(a.kinds().at(-1), "leader_lost");
  });

  test("the deadline ends a leadership in time, although a request hangs", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    await world.until(() => a.process.count("PUT") === 20);
    const lastGood = a.process.requests.at(-1)?.atMs ?? 0;
    await world.pass(waysMs);
    a.process.link.become("silent");
    await world.until(() => a.hasEnded);
    const lastedMs = (a.lostAtMs ?? 0) - lastGood;
    assert.ok(lastedMs >= renewDeadlineMs && lastedMs <= renewDeadlineMs + 1, `${lastedMs}`);
    const lost = a.notices.at(-1);
    assert.ok(lost?.kind === "leader_lost" && lost.cause === "deadline", JSON.stringify(lost));
    assert.ok(a.process.requests.every(({ atMs }) => atMs < lastGood + renewDeadlineMs));
  });

  test("a process that was stopped past its deadline finds out before it sends anything", async () => {
    for (const how of ["stop", "suspend"] as const) {
      const world = new LeaseWorld();
      const a = await world.startLeader("a");
      const b = await world.startFollower("b");
      a.process.machine[how]();
      await world.until(() => b.leader.mayAct());
      const resumedMs = world.nowMs;
      a.process.machine.resume();
      await world.until(() => a.hasEnded);
      assert.equal(a.process.requests.filter(({ atMs }) => atMs >= resumedMs).length, 0);
      assert.ok(a.leader.lost.aborted);
      const lost = a.notices.at(-1);
      assert.ok(lost?.kind === "leader_lost");
      assert.equal(lost.cause, how === "stop" ? "deadline" : "clock");
    }
  });

  test("a wall clock that jumps ahead ends a leadership: the machine may have stood still", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    await world.pass(30_000);
    a.process.machine.setWallClock(renewDeadlineMs);
    const jumpedMs = world.nowMs;
    // Nobody asks `mayAct`: the signal comes all the same.
    await world.until(() => a.lostAtMs !== undefined);
    assert.ok((a.lostAtMs ?? 0) - jumpedMs <= retryPeriodMs + 1);
    assert.equal(a.leader.mayAct(), false);
    assert.ok(a.notices.some((notice) => notice.kind === "leader_lost" && notice.cause === "clock"));
  });

  test("a wall clock that is set back by an hour harms nothing", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    const b = await world.startFollower("b");
    await world.pass(30_000);
    a.process.machine.setWallClock(-3_600_000);
    await world.pass(300_000);
    assert.ok(a.leader.mayAct() && !b.leader.mayAct());
    assert.deepEqual(a.kinds(), ["leader_acquired"]);
  });

  test("clocks that differ by hours do not matter", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    const b = world.start("b");
    b.process.machine.setWallClock(7_200_000);
    await world.pass(300_000);
    assert.ok(a.leader.mayAct() && !b.leader.mayAct());
    assert.deepEqual(b.kinds(), ["leader_following"]);
  });

  test("a Lease shorter than a second is written as one second, and others keep to that", async () => {
    const world = new LeaseWorld();
    const short = { leaseDurationMs: 400, renewDeadlineMs: 300, retryPeriodMs: 100 };
    const a = world.start("a", short);
    await world.until(() => a.leader.mayAct());
    assert.equal(world.lease?.spec.leaseDurationSeconds, 1);
    const b = world.start("b", short);
    await world.until(() => b.leader.status().isFollowing);
    a.process.machine.crash();
    const tookMs = await world.until(() => b.leader.mayAct());
    assert.ok(tookMs >= 900 && tookMs <= 1_000 + 2 * 120 + waysMs, `${tookMs}`);
  });

  test("a stop while it follows ends at once and leaves the Lease alone", async () => {
    const world = new LeaseWorld();
    await world.startLeader("a");
    const b = await world.startFollower("b");
    await world.pass(5_000);
    b.stop();
    assert.ok((await world.until(() => b.hasEnded)) <= 1);
    assert.ok(b.isTold && b.leadership === undefined);
    assert.equal(b.process.count("PUT"), 0);
    assert.equal(world.holder, "a");
    assert.equal(await b.leader.acquired(new AbortController().signal), undefined);
  });

  test("a stop while the Lease is being taken gives it back", async () => {
    const world = new LeaseWorld();
    world.makeLease();
    const a = world.start("a");
    await world.until(() => world.holder === "a");
    a.stop();
    await world.until(() => a.hasEnded);
    assert.equal(world.holder, "");
    assert.deepEqual(a.kinds(), []);
    assert.ok(!a.leader.mayAct());
  });

  test("a follower that cannot ask says so each time, and is no follower until it could", async () => {
    const world = new LeaseWorld();
    await world.startLeader("a");
    const b = await world.startFollower("b");
    world.api.inject({ kind: "forbid", permission: "get leases" });
    await world.until(() => b.kinds().length > 2);
    assert.deepEqual(b.kinds(), ["leader_following", "lease_failed", "lease_failed"]);
    const { isFollowing, fault } = b.leader.status();
    assert.equal(isFollowing, false);
    assert.match(fault ?? "", /cannot get resource "leases"/);
    world.api.inject({ kind: "permit", permission: "get leases" });
    await world.until(() => b.leader.status().isFollowing);
    assert.equal(b.leader.status().fault, undefined);
  });

  test("a follower says once for each holder whom it follows", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    const c = await world.startFollower("c");
    await world.pass(20_000);
    const b = await world.startFollower("b");
    c.process.machine.stop();
    a.stop();
    await world.until(() => b.leader.mayAct());
    c.process.machine.resume();
    await world.pass(20_000);
    assert.deepEqual(
      c.notices.map((notice) => (notice.kind === "leader_following" ? notice.holder : notice.kind)),
      ["a", "b"],
    );
    assert.equal(c.leader.status().transitions, 1);
  });

  test("without the right to make a Lease, a follower waits for somebody to make it, and says so", async () => {
    const world = new LeaseWorld();
    world.api.inject({ kind: "forbid", permission: "create leases" });
    const a = world.start("a");
    await world.pass(10_000);
    assert.deepEqual(new Set(a.kinds()), new Set(["lease_missing"]));
    assert.equal(a.leader.status().isFollowing, false);
    world.makeLease();
    await world.until(() => a.leader.mayAct());
    assert.equal(a.leader.status().fault, undefined);
  });

  test("a renewal that fails is said, and is no loss when the next one succeeds", async () => {
    const world = new LeaseWorld();
    const a = await world.startLeader("a");
    world.api.inject({ kind: "answer", count: 2, status: 429, verb: "update" });
    await world.until(() => a.kinds().includes("lease_failed"));
    assert.match(a.leader.status().fault ?? "", /Too many requests/);
    assert.ok(a.leader.mayAct());
    await world.pass(3 * retryPeriodMs);
    assert.equal(a.leader.status().fault, undefined);
    assert.deepEqual(a.kinds(), ["leader_acquired", "lease_failed", "lease_failed"]);
  });
});
