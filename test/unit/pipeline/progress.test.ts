import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { Progress } from "../../../src/pipeline/progress.ts";

suite("progress", () => {
  test("what is read is acknowledged once it and everything before it is settled", () => {
    const progress = new Progress({ openMax: 8 });
    assert.equal(progress.acknowledged, undefined);
    const [first, second] = [readOne(progress, "101"), readOne(progress, "102")];
    assert.equal(progress.read, "102");
    assert.equal(progress.acknowledged, undefined);
    progress.settle(second);
    assert.equal(progress.acknowledged, undefined, "there is a hole before it");
    progress.settle(first);
    assert.equal(progress.acknowledged, "102");
  });

  test("expired Events move the position as far as what is unsettled allows", () => {
    const progress = new Progress({ openMax: 8 });
    progress.reach("200");
    assert.equal(progress.acknowledged, "200");
    const input = readOne(progress, "201");
    progress.reach("250");
    assert.equal(progress.acknowledged, "200");
    progress.settle(input);
    assert.equal(progress.acknowledged, "250");
  });

  test("nothing of a list is acknowledged before its end is reached", () => {
    const progress = new Progress({ openMax: 8 });
    const inputs = [progress.open(), progress.open()];
    for (const input of inputs) progress.settle(input);
    assert.equal(progress.acknowledged, undefined);
    progress.reach("300");
    assert.equal(progress.acknowledged, "300");
  });

  test("one unsettled input holds the places of those that follow, so the window is bounded", () => {
    const progress = new Progress({ openMax: 3 });
    const inputs = [readOne(progress, "1"), readOne(progress, "2"), readOne(progress, "3")];
    progress.settle(inputs[1] ?? -1);
    progress.settle(inputs[2] ?? -1);
    assert.equal(progress.room, 0);
    assert.throws(() => progress.open(), /no room/);
    progress.settle(inputs[0] ?? -1);
    assert.equal(progress.room, 3);
  });

  test("an account that cannot be right is an error and not a wrong position", () => {
    const progress = new Progress({ openMax: 3 });
    const [input, later] = [readOne(progress, "9"), readOne(progress, "10")];
    assert.throws(() => progress.settle(later + 1), /not open/);
    progress.settle(later);
    assert.throws(() => progress.settle(later), /not open/);
    progress.settle(input);
    assert.throws(() => progress.settle(input), /not open/);
    assert.equal(progress.acknowledged, "10");
    assert.throws(() => new Progress({ openMax: 0 }), /openMax/);
  });

  test("a resourceVersion that goes back moves nothing", () => {
    const progress = new Progress({ openMax: 3 });
    progress.settle(readOne(progress, "10"));
    progress.reach("9");
    assert.deepEqual([progress.read, progress.acknowledged], ["10", "10"]);
  });

  test("a new process goes on from what another has acknowledged", () => {
    const progress = new Progress({ openMax: 3 });
    progress.resume("100");
    assert.deepEqual([progress.read, progress.acknowledged], ["100", "100"]);
    const input = readOne(progress, "101");
    assert.equal(progress.acknowledged, "100");
    progress.settle(input);
    assert.equal(progress.acknowledged, "101");
  });

  test("in another history there is no position until one is reached, and what was open still counts", () => {
    const progress = new Progress({ openMax: 4 });
    const [settled, open] = [readOne(progress, "900"), readOne(progress, "901")];
    progress.settle(settled);
    progress.rewind();
    assert.deepEqual([progress.read, progress.acknowledged], [undefined, undefined]);
    const restored = progress.open();
    progress.settle(restored);
    progress.reach("50");
    assert.deepEqual([progress.read, progress.acknowledged], ["50", undefined], "one is open from before");
    progress.settle(open);
    assert.equal(progress.acknowledged, "50");
  });

  test("property: the same as of an account that keeps everything", () => {
    const anyStep = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("open" as const), reach: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("reach" as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const), which: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(anyStep, { maxLength: 80 }), (openMax, steps) => {
        const progress = new Progress({ openMax });
        const open = new Set<number>();
        /** Every `reach`: how many inputs had been opened, and the resourceVersion. */
        const reached: { readonly inputs: number; readonly version: string }[] = [];
        let inputs = 0;
        let version = 97;
        const reach = (): void => {
          version += 1;
          progress.reach(String(version));
          reached.push({ inputs, version: String(version) });
        };
        for (const step of steps) {
          const oldest = Math.min(inputs, ...open);
          assert.equal(progress.room, openMax - (inputs - oldest));
          if (step.kind === "open" && progress.room > 0) {
            assert.equal(progress.open(), inputs);
            open.add(inputs);
            inputs += 1;
            if (step.reach) reach();
          } else if (step.kind === "reach") {
            reach();
          } else if (step.kind === "settle" && open.size > 0) {
            const input = [...open][step.which % open.size] ?? -1;
            progress.settle(input);
            open.delete(input);
          }
          const unsettled = Math.min(inputs, ...open);
          assert.equal(progress.acknowledged, reached.findLast((mark) => mark.inputs <= unsettled)?.version);
          assert.equal(progress.read, reached.at(-1)?.version);
        }
      }),
    );
  });
});

/** As a watch does: opens an input and says that its resourceVersion is reached. */
function readOne(progress: Progress, resourceVersion: string): number {
  const input = progress.open();
  progress.reach(resourceVersion);
  return input;
}
