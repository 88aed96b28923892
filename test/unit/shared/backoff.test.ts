import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Backoff } from "../../../src/shared/backoff.ts";

function delays(random: number, tries: number): readonly number[] {
  const backoff = new Backoff({ delayMsInitial: 100, delayMsMax: 1000 }, { random: () => random });
  return Array.from({ length: tries }, () => backoff.nextDelayMs());
}

suite("backoff", () => {
  test("doubles up to the longest, and waits between a half and the whole of it", () => {
    assert.deepEqual(delays(0, 6), [50, 100, 200, 400, 500, 500]);
    assert.deepEqual(delays(0.5, 6), [75, 150, 300, 600, 750, 750]);
  });

  test("a fault that lasts for days gives no delay without end", () => {
    assert.equal(delays(0, 10_000).at(-1), 500);
  });

  test("begins anew after a success", () => {
    const backoff = new Backoff({ delayMsInitial: 100, delayMsMax: 1000 }, { random: () => 0 });
    backoff.nextDelayMs();
    backoff.nextDelayMs();
    assert.equal(backoff.attempt, 2);
    backoff.reset();
    assert.equal(backoff.attempt, 0);
    assert.equal(backoff.nextDelayMs(), 50);
  });
});
