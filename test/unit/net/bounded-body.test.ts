import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { boundedBody } from "../../../src/net/bounded-body.ts";

suite("bounded body", () => {
  for (const { bytesMax, expected } of [
    { bytesMax: 6, expected: { text: "abcdef", isWhole: true } },
    { bytesMax: 5, expected: { text: "abcde", isWhole: false } },
    { bytesMax: 3, expected: { text: "abc", isWhole: false } },
    { bytesMax: 0, expected: { text: "", isWhole: false } },
  ]) {
    test(`six bytes into ${bytesMax}`, async () => {
      const { bytes, isWhole } = await boundedBody(pieces("abc", "def"), bytesMax);
      assert.deepEqual({ text: Buffer.from(bytes).toString(), isWhole }, expected);
    });
  }
});

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
