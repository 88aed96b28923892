import assert from "node:assert/strict";
import { test } from "node:test";

import { nearest } from "../../../src/config/suggestion.ts";

test("A suggestion is near, or there is none", () => {
  const words = ["endpoint", "headers", "timeout", "tls"];
  assert.equal(nearest("endpiont", words), "endpoint");
  assert.equal(nearest("EndPoint", words), "endpoint");
  assert.equal(nearest("header", words), "headers");
  assert.equal(nearest("tsl", words), "tls");
  assert.equal(nearest("zebra", words), undefined);
  assert.equal(nearest("", words), undefined);
  assert.equal(nearest("x".repeat(100_000), words), undefined);
});
