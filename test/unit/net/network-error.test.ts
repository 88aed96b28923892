import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { NetworkError } from "../../../src/net/network-error.ts";

suite("NetworkError", () => {
  test("carries what to switch over, what to say and what was behind it", () => {
    const cause = new Error("ECONNREFUSED");
    const error = new NetworkError("refused", "Cannot connect to x: nobody listens there", { cause });
    assert.equal(`${error}`, "NetworkError: Cannot connect to x: nobody listens there");
    assert.equal(error.code, "refused");
    assert.equal(error.cause, cause);
  });
});
