import assert from "node:assert/strict";
import { test } from "node:test";

import { withoutUserinfo } from "../../../src/config/secret.ts";

test("Users and passwords in URLs are replaced, also in what is nearly a URL", () => {
  for (const url of [
    "http://user:hunter2@host/",
    "http://hunter2@host",
    "http://user:hun@ter2@host",
    "http://user:hunter2/hunter2@host",
    "user:hunter2@host:4318",
  ]) {
    assert.doesNotMatch(withoutUserinfo(`cannot reach ${url}, giving up`), /hunter2|hun@/);
  }
  assert.equal(withoutUserinfo("http://host:4318/v1/logs"), "http://host:4318/v1/logs");
});
