import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { joinedHeaders } from "../../../src/net/headers.ts";

suite("headers", () => {
  test("several values are joined, pseudo headers left out", () => {
    assert.deepEqual(
      joinedHeaders({ ":status": 200, "set-cookie": ["a=1", "b=2"], "content-length": "3", gone: undefined }),
      { "set-cookie": "a=1, b=2", "content-length": "3" },
    );
  });
});
