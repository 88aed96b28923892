import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Fence, momentOf } from "../../../src/leader/fence.ts";

class Clocks {
  monotonic = 1_000;
  wall = Date.UTC(2026, 10, 25);
  monotonicMs = (): number => this.monotonic;
  wallMs = (): number => this.wall;

  pass(ms: number): void {
    this.monotonic += ms;
    this.wall += ms;
  }
}

function setUp(): { readonly clocks: Clocks; readonly fence: Fence } {
  const clocks = new Clocks();
  return { clocks, fence: new Fence(10_000, momentOf(clocks), clocks) };
}

suite("fence", () => {
  test("closes when its time is over, and is open until then", () => {
    const { clocks, fence } = setUp();
    clocks.pass(9_999);
    assert.equal(fence.remainingMs(), 1);
    clocks.pass(1);
    assert.equal(fence.remainingMs(), 0);
    assert.equal(fence.cause(), "deadline");
  });

  test("a renewal counts from when it was sent, however late its answer", () => {
    const { clocks, fence } = setUp();
    clocks.pass(2_000);
    const sent = momentOf(clocks);
    clocks.pass(7_000);
    fence.renewed(sent);
    assert.equal(fence.remainingMs(), 3_000);
  });

  test("clocks that are right but not equal are no cause", () => {
    const { clocks, fence } = setUp();
    clocks.pass(9_999.5);
    clocks.wall = Math.ceil(clocks.wall);
    assert.equal(fence.remainingMs(), 0);
    assert.equal(fence.cause(), "deadline");
  });

  test("closes by the wall clock alone after a pause that the other clock did not count", () => {
    const { clocks, fence } = setUp();
    clocks.pass(2_000);
    clocks.wall += 8_000;
    assert.equal(fence.remainingMs(), 0);
    assert.equal(fence.cause(), "clock");
  });

  test("a wall clock that was set back neither opens nor closes it", () => {
    const { clocks, fence } = setUp();
    clocks.wall -= 3_600_000;
    clocks.pass(4_000);
    assert.equal(fence.remainingMs(), 6_000);
    fence.renewed(momentOf(clocks));
    assert.equal(fence.remainingMs(), 10_000);
  });
});
