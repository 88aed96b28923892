import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { FrameQueue } from "../../../src/delivery/queue.ts";
import { assembleRequest } from "../../../src/otlp/assemble.ts";
import { frameMaker } from "./started-delivery.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const batch = { recordsMax: 5, bytesMax: 3000, delayMs: 0 };

const step = fc.oneof(
  fc.record({
    kind: fc.constant("push" as const),
    count: fc.nat(8),
    namespace: fc.constantFrom("a", "b", "c"),
    body: fc.nat(1500),
  }),
  fc.record({ kind: fc.constant("take" as const) }),
);

for (const order of ["mixed", "one_resource"] as const) {
  test(`${order}: what is pushed is taken once, in order, in batches within their bounds`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const runtime = new VirtualRuntime();
        const queue = new FrameQueue({ bytesMax: 1e9, batch, order }, runtime, () => undefined);
        const frames = frameMaker();
        const pushed: Uint8Array[] = [];
        const taken: { readonly key: string; readonly bytes: Uint8Array }[] = [];
        const take = (): boolean => {
          const next = queue.take(true);
          if (next === undefined) return false;
          const keys = new Set(next.frames.map((frame) => frame.resource));
          assert.ok(next.frames.length > 0 && next.frames.length <= batch.recordsMax);
          assert.ok(next.frames.length === 1 || assembleRequest(next.frames).length <= batch.bytesMax);
          assert.ok(order === "mixed" || keys.size === 1);
          taken.push(...next.frames.map((frame) => ({ key: frame.resource.key, bytes: frame.logRecord })));
          queue.settle(next.frames);
          return true;
        };
        for (const each of steps) {
          if (each.kind === "take") take();
          else {
            const made = frames(each.count, { namespace: each.namespace, body: "x".repeat(each.body) });
            pushed.push(...made.map((frame) => frame.logRecord));
            queue.push(made);
          }
        }
        while (take());
        assert.equal(queue.records, 0);
        assert.equal(queue.bytes, 0);
        if (order === "mixed") {
          assert.deepEqual(
            taken.map(({ bytes }) => bytes),
            pushed,
          );
        } else {
          // Each record once, and within its stream in order: the uid in the bytes grows.
          assert.deepEqual(
            taken.map(({ bytes }) => Buffer.from(bytes).toString("hex")).toSorted(),
            pushed.map((bytes) => Buffer.from(bytes).toString("hex")).toSorted(),
          );
        }
      }),
      { numRuns: 100 },
    );
  });
}

test("one_resource: a record that is held long keeps its own bytes alive, not the slab that it was written into", async () => {
  const runtime = new VirtualRuntime();
  const queue = new FrameQueue(
    { bytesMax: 1e9, batch: { ...batch, bytesMax: 1e6 }, order: "one_resource" },
    runtime,
    () => undefined,
  );
  const frames = frameMaker();
  const held = frames(3);
  queue.push(held);
  await runtime.pass({ ms: 1001 });
  queue.push(frames(1));
  const taken = queue.take(true)?.frames ?? [];
  const isOnItsOwn = taken.map(({ logRecord }) => logRecord.buffer.byteLength === logRecord.length);
  assert.deepEqual(isOnItsOwn, [true, true, true, false]);
  assert.deepEqual(
    taken.slice(0, 3).map((frame) => frame.logRecord),
    held.map((frame) => frame.logRecord),
  );
});

test("a full queue waits for no batch to fill up", () => {
  const limits = { recordsMax: 1000, bytesMax: 1e6, delayMs: 60_000 };
  const queue = new FrameQueue(
    { bytesMax: 10_000, batch: limits, order: "one_resource" },
    new VirtualRuntime(),
    () => undefined,
  );
  const frames = frameMaker();
  queue.push(frames(2));
  assert.equal(queue.take(false), undefined);
  assert.equal(queue.push(frames(20)), true);
  assert.equal(queue.dueAtMs(), Number.NEGATIVE_INFINITY);
  assert.equal(queue.take(false)?.frames.length, 22);
  assert.equal(queue.dueAtMs(), Number.POSITIVE_INFINITY);
});
