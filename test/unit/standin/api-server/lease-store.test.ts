import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { LeaseStore } from "../../../../src/standin/api-server/lease-store.ts";
import { RevisionLog } from "../../../../src/standin/api-server/revision-log.ts";

function setUp(): {
  readonly log: RevisionLog;
  readonly leases: LeaseStore;
  readonly holder: () => string | undefined;
} {
  const log = new RevisionLog({ firstRevision: 100 });
  const leases = new LeaseStore(log, () => Date.UTC(2026, 10, 25));
  return { log, leases, holder: () => leases.get("a", "b")?.spec.holderIdentity };
}

function hold(leases: LeaseStore, holderIdentity: string): number {
  return Number(leases.put("a", "b", { spec: { holderIdentity } }).metadata.resourceVersion);
}

suite("Lease store", () => {
  test("each write and each deletion takes a revision of the one etcd", () => {
    const { log, leases } = setUp();
    assert.equal(hold(leases, "x"), 101);
    assert.equal(log.put({ metadata: { namespace: "a", name: "event" } }), 102);
    assert.equal(hold(leases, "y"), 103);
    leases.delete("a", "b");
    assert.equal(log.current, 104);
    leases.delete("a", "b");
    assert.equal(log.current, 104);
  });

  test("a Lease keeps its uid while it is there, and has another when it comes again", () => {
    const { leases } = setUp();
    const first = leases.put("a", "b", {}).metadata;
    const second = leases.put("a", "b", { metadata: { uid: "somebody's wish" } }).metadata;
    assert.deepEqual([second.uid, second.creationTimestamp], [first.uid, "2026-11-25T00:00:00Z"]);
    leases.delete("a", "b");
    assert.equal(leases.get("a", "b"), undefined);
    assert.notEqual(leases.put("a", "b", {}).metadata.uid, first.uid);
  });

  test("a restore of etcd takes the Leases back as well: changed, created and deleted ones", () => {
    const { log, leases, holder } = setUp();
    const before = log.current;
    const held = hold(leases, "x");
    const changed = hold(leases, "y");
    leases.delete("a", "b");
    log.restore(changed);
    assert.equal(holder(), "y");
    log.restore(held);
    assert.equal(holder(), "x");
    hold(leases, "z");
    log.restore(held);
    assert.equal(holder(), "x");
    log.restore(before);
    assert.equal(holder(), undefined);
  });

  test("what is compacted away cannot be restored, and what stood then can", () => {
    const { log, leases, holder } = setUp();
    hold(leases, "x");
    const then = hold(leases, "y");
    log.compact(then);
    hold(leases, "z");
    log.restore(then);
    assert.equal(holder(), "y");
  });

  test("of a Lease that is renewed for days, the oldest states are forgotten", () => {
    const { log, leases, holder } = setUp();
    const first = hold(leases, "first");
    for (let renewal = 0; renewal < 20_000; renewal += 1) hold(leases, String(renewal));
    assert.equal(holder(), "19999");
    // Too far back to be known.
    log.restore(first);
    assert.equal(holder(), undefined);
  });
});
