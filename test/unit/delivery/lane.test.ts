import assert from "node:assert/strict";
import { test } from "node:test";

import { Lane } from "../../../src/delivery/lane.ts";
import { frameMaker } from "./started-delivery.ts";

test("a batch is due when its oldest record has waited, or at once when it is full", () => {
  const lane = new Lane({ recordsMax: 3, bytesMax: 1e6, delayMs: 200 });
  const [first, second, third, fourth] = frameMaker()(4);
  assert.ok(first && second && third && fourth);
  assert.equal(lane.dueAtMs(), Number.POSITIVE_INFINITY);
  lane.push(first, 1000);
  lane.push(second, 1100);
  assert.equal(lane.dueAtMs(), 1200);
  lane.push(third, 1150);
  lane.push(fourth, 1160);
  assert.ok(lane.full);
  assert.equal(lane.dueAtMs(), Number.NEGATIVE_INFINITY);
  assert.deepEqual(lane.take(), [first, second, third]);
  assert.equal(lane.dueAtMs(), 1360);
});

test("a batch is full by bytes as well, and a record larger than that goes alone", () => {
  const lane = new Lane({ recordsMax: 100, bytesMax: 3000, delayMs: 200 });
  const frames = frameMaker();
  const [large] = frames(1, { body: "x".repeat(5000) });
  const small = frames(2);
  assert.ok(large);
  lane.push(large, 0);
  assert.ok(lane.full);
  for (const frame of small) lane.push(frame, 0);
  assert.deepEqual(lane.take(), [large]);
  assert.ok(!lane.full);
  assert.deepEqual(lane.take(), small);
});
