import assert from "node:assert/strict";
import { test } from "node:test";

import { redactionNames } from "../../../src/model/redaction-names.ts";

test("each name is one word in `[redacted:<name>]` and in the configuration, and there once", () => {
  for (const name of redactionNames) assert.match(name, /^[a-z]+(?:_[a-z]+)*$/);
  assert.equal(new Set(redactionNames).size, redactionNames.length);
});
