import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { releasedBody } from "../../../src/net/released-body.ts";

suite("released body", () => {
  for (const end of ["read", "left", "failed", "never begun"] as const) {
    test(`a body that is ${end} is released`, async () => {
      let released = 0;
      const body = releasedBody(pieces(end === "failed"), () => {
        released += 1;
      });
      const chunks = body[Symbol.asyncIterator]();
      if (end === "never begun") {
        await chunks.return?.();
      } else {
        assert.equal((await chunks.next()).done, false);
        assert.equal(released, 0);
        if (end === "left") await chunks.return?.();
        if (end === "read") assert.equal((await chunks.next()).done, true);
        if (end === "failed") await assert.rejects(chunks.next(), { message: "broken" });
      }
      assert.equal(released, 1);
    });
  }
});

async function* pieces(fails: boolean): AsyncGenerator<Uint8Array> {
  yield Buffer.from("first");
  if (fails) throw new Error("broken");
}
