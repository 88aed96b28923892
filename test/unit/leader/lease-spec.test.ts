import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { LeaseSpec } from "../../../src/kubernetes/lease-api.ts";
import { heldSpec, isSameWrite, releasedSpec } from "../../../src/leader/lease-spec.ts";

const wallMs = Date.UTC(2026, 10, 25, 21, 30, 0, 120);
const now = "2026-11-25T21:30:00.120000Z";

const held: LeaseSpec & { readonly strategy: string } = {
  holderIdentity: "a",
  leaseDurationSeconds: 15,
  acquireTime: "2026-11-25T20:00:00.000000Z",
  renewTime: "2026-11-25T21:29:58.000000Z",
  leaseTransitions: 4,
  strategy: "of a later version",
};

suite("lease spec", () => {
  test("a renewal changes the time of renewal and nothing else", () => {
    assert.deepEqual(heldSpec(held, "a", 15_000, wallMs), { ...held, renewTime: now });
  });

  test("taken from another it is a new term, in which both times begin", () => {
    const taken = { ...held, holderIdentity: "b", acquireTime: now, renewTime: now, leaseTransitions: 5 };
    assert.deepEqual(heldSpec(held, "b", 15_000, wallMs), taken);
  });

  test("what was released is a new term as well, even for who released it", () => {
    const released = releasedSpec(held, wallMs);
    assert.deepEqual(released, {
      ...held,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
    });
    assert.equal(heldSpec(released, "a", 15_000, wallMs).leaseTransitions, 5);
  });

  test("the first term has number 0", () => {
    assert.equal(heldSpec({}, "a", 15_000, wallMs).leaseTransitions, 0);
    assert.equal(heldSpec({ holderIdentity: "" }, "a", 15_000, wallMs).leaseTransitions, 1);
    assert.equal(heldSpec({ holderIdentity: "b" }, "a", 15_000, wallMs).leaseTransitions, 1);
  });

  test("a duration is whole seconds, never less than it is, and never none", () => {
    const cases = [
      [1, 1],
      [999, 1],
      [1_000, 1],
      [1_001, 2],
      [15_000, 15],
    ] as const;
    for (const [ms, seconds] of cases) {
      assert.equal(heldSpec({}, "a", ms, wallMs).leaseDurationSeconds, seconds);
    }
  });

  test("whatever the clock does, each renewal is another than the one before, and has six digits", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1 }), (steps) => {
        let spec = heldSpec({}, "a", 15_000, wallMs);
        const seen = new Set([spec.renewTime]);
        let clockMs = wallMs;
        for (const step of steps) {
          clockMs += step;
          spec = heldSpec(spec, "a", 15_000, clockMs);
          assert.match(spec.renewTime ?? "", /^2026-11-25T21:\d\d:\d\d\.\d{6}Z$/);
          assert.ok(!seen.has(spec.renewTime));
          seen.add(spec.renewTime);
        }
      }),
    );
  });

  test("one write is told from another by holder, term and time", () => {
    assert.ok(isSameWrite(held, { ...held, leaseDurationSeconds: 1 }));
    for (const other of [{ holderIdentity: "b" }, { leaseTransitions: 5 }, { renewTime: now }]) {
      assert.ok(!isSameWrite(held, { ...held, ...other }));
    }
  });

  test("a time that nobody could have written does no harm", () => {
    assert.equal(heldSpec({ ...held, renewTime: "soon" }, "a", 15_000, wallMs).renewTime, now);
  });
});
