import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { LineSplitter } from "../../../src/source/lines.ts";

function split(splitter: LineSplitter, chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  // Copied at once: a line is valid only until the next one.
  for (const chunk of chunks)
    for (const line of splitter.push(chunk)) lines.push(Buffer.from(line).toString("latin1"));
  return lines;
}

/** Cuts `bytes` after each of the `cuts`, taken modulo its length. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const fewBytes = fc.uint8Array({ min: 9, max: 12, maxLength: 300 });

test("whatever the chunks, the lines are the same", () => {
  fc.assert(
    fc.property(fewBytes, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
      const expected = Buffer.from(bytes).toString("latin1").split("\n");
      const rest = expected.pop();
      const splitter = new LineSplitter();
      const lines = split(splitter, cutAt(bytes, cuts));
      assert.deepEqual(
        lines,
        expected.filter((line) => line !== ""),
      );
      assert.equal(Buffer.from(splitter.end()).toString("latin1"), rest);
    }),
  );
});

test("a line that is too long comes once, cut, and the next one is whole", () => {
  fc.assert(
    fc.property(fewBytes, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
      const bytesMax = 5;
      const expected = Buffer.from(bytes)
        .toString("latin1")
        .split("\n")
        .map((line) => line.slice(0, bytesMax + 1));
      const rest = expected.pop() ?? "";
      // One that is known to be too long does not wait for its end.
      if (rest.length > bytesMax) expected.push(rest);
      assert.deepEqual(
        split(new LineSplitter(bytesMax), cutAt(bytes, cuts)),
        expected.filter((line) => line !== ""),
      );
    }),
  );
});

test("a line that lies in one chunk is not copied", () => {
  const chunk = Buffer.from("one\ntwo\n");
  const lines = [...new LineSplitter().push(chunk)];
  assert.deepEqual(
    lines.map((line) => line.buffer === chunk.buffer),
    [true, true],
  );
});

test("a large line over many chunks comes whole", () => {
  const line = "x".repeat(300_000);
  const bytes = Buffer.from(`${line}\nend\n`);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, index) =>
    bytes.subarray(index * 16_384, (index + 1) * 16_384),
  );
  assert.deepEqual(split(new LineSplitter(), chunks), [line, "end"]);
});
