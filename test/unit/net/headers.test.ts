import assert from "node:assert/strict";
import { OutgoingMessage } from "node:http";
import { suite, test } from "node:test";

import { isHeaderValue, joinedHeaders } from "../../../src/net/headers.ts";

suite("headers", () => {
  test("several values are joined, pseudo headers left out", () => {
    assert.deepEqual(
      joinedHeaders({ ":status": 200, "set-cookie": ["a=1", "b=2"], "content-length": "3", gone: undefined }),
      { "set-cookie": "a=1, b=2", "content-length": "3" },
    );
  });

  test("a value is what Node's client takes", () => {
    const outgoing = new OutgoingMessage();
    for (let code = 0; code < 0x180; code += 1) {
      const text = `a${String.fromCharCode(code)}b`;
      let taken = true;
      try {
        outgoing.setHeader("x", text);
      } catch {
        taken = false;
      }
      assert.equal(isHeaderValue(text), taken, `character ${code}`);
    }
  });
});
