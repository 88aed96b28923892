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

test("one_resource: a queued record keeps its own bytes, not the slab that it was written into", () => {
  const queue = new FrameQueue(
    { bytesMax: 1e9, batch, order: "one_resource" },
    new VirtualRuntime(),
    () => undefined,
  );
  queue.push(frameMaker()(3));
  for (const frame of queue.take(true)?.frames ?? []) {
    assert.equal(frame.logRecord.buffer.byteLength, frame.logRecord.length);
  }
});
