import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { settleBatch } from "../../../src/delivery/settle-batch.ts";
import type { Frame } from "../../../src/model/frame.ts";
import { frameMaker } from "./started-delivery.ts";

test("whichever records are at fault, they alone are rejected and all others delivered, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 70 }), async (isFaulty) => {
      const frames = frameMaker()(isFaulty.length);
      const faulty = new Set(frames.filter((_, index) => isFaulty[index]));
      const delivered: Frame[] = [];
      const rejected: Frame[] = [];
      let asked = 0;
      await settleBatch(
        frames,
        (part) => {
          asked += 1;
          return Promise.resolve(
            part.some((frame) => faulty.has(frame))
              ? { kind: "divide", reason: "invalid", detail: "HTTP 400" }
              : { kind: "delivered", rejected: 0, message: "" },
          );
        },
        {
          delivered: (part) => delivered.push(...part),
          rejected: (part) => rejected.push(...part),
        },
      );
      assert.deepEqual(
        delivered,
        frames.filter((frame) => !faulty.has(frame)),
      );
      assert.deepEqual(
        rejected,
        frames.filter((frame) => faulty.has(frame)),
      );
      assert.ok(asked <= 1 + 2 * faulty.size * Math.ceil(Math.log2(Math.max(frames.length, 2))));
    }),
  );
});

test("an aborted part and those after it are left as they are", async () => {
  const frames = frameMaker()(8);
  let settled = 0;
  const answers = ["divide", "delivered", "aborted"] as const;
  let next = 0;
  await settleBatch(
    frames,
    () => {
      const kind = answers[next++] ?? "aborted";
      if (kind === "divide") return Promise.resolve({ kind, reason: "too_large", detail: "HTTP 413" });
      return Promise.resolve(kind === "delivered" ? { kind, rejected: 0, message: "" } : { kind });
    },
    { delivered: (part) => (settled += part.length), rejected: (part) => (settled += part.length) },
  );
  assert.equal(settled, 4);
  assert.equal(next, 3);
});
