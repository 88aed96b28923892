import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesOf, sizePattern } from "../../../src/config/size.ts";

test("Sizes are binary, by either name", () => {
  const sizes = { "0B": 0, "5B": 5, "1KiB": 1024, "1Ki": 1024, "1.5MiB": 1_572_864, "2Gi": 2_147_483_648 };
  for (const [text, bytes] of Object.entries(sizes)) {
    assert.match(text, sizePattern);
    assert.equal(bytesOf(text), bytes, text);
  }
  for (const text of ["", "10", "1MB", "1 MiB", "-1B", "1mib"]) assert.doesNotMatch(text, sizePattern);
});
