import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { ObservedLease } from "../../../src/leader/observed-lease.ts";

const held = {
  holderIdentity: "tidings-1",
  leaseDurationSeconds: 15,
  renewTime: "2026-11-25T21:30:00.000000Z",
  leaseTransitions: 3,
};

suite("observed lease", () => {
  test("nobody takes a Lease that was not read yet", () => {
    assert.equal(new ObservedLease().freeAtMs, Infinity);
  });

  test("a holder whose renewals are an hour off is alive as long as they change", () => {
    const lease = new ObservedLease();
    lease.observe({ ...held, renewTime: "2026-11-25T20:00:00.000000Z" }, 1000);
    assert.equal(lease.freeAtMs, 16_000);
    lease.observe({ ...held, renewTime: "2026-11-25T20:00:02.000000Z" }, 3000);
    assert.equal(lease.freeAtMs, 18_000);
  });

  test("a holder that no longer renews is given its whole duration from when we last saw a change", () => {
    const lease = new ObservedLease();
    lease.observe(held, 1000);
    lease.observe({ ...held }, 9000);
    assert.equal(lease.freeAtMs, 16_000);
  });

  test("a new holder starts the duration anew, even at the same time of renewal", () => {
    const lease = new ObservedLease();
    lease.observe(held, 1000);
    lease.observe({ ...held, holderIdentity: "tidings-2" }, 9000);
    assert.equal(lease.freeAtMs, 24_000);
  });

  test("a Lease that was released, or never had a holder, is free at once", () => {
    const lease = new ObservedLease();
    lease.observe(held, 1000);
    lease.observe({ ...held, holderIdentity: "", leaseDurationSeconds: 1 }, 2000);
    assert.equal(lease.freeAtMs, -Infinity);
    lease.observe({}, 3000);
    assert.equal(lease.freeAtMs, -Infinity);
  });

  test("a holder without a duration, or with one below zero, has none left", () => {
    const lease = new ObservedLease();
    lease.observe({ holderIdentity: "somebody" }, 1000);
    assert.equal(lease.freeAtMs, 1000);
    lease.observe({ holderIdentity: "somebody", leaseDurationSeconds: -5 }, 2000);
    assert.equal(lease.freeAtMs, 2000);
  });
});
