import assert from "node:assert/strict";
import { test } from "node:test";

import { customRedactions } from "../../../src/processor/custom-redactions.ts";

test("A user's pattern replaces every match by its name", async () => {
  const [redaction] = await customRedactions([{ name: "ticket", pattern: "TICKET-[0-9]+" }]);
  assert.deepEqual(redaction?.replace("see TICKET-17 and TICKET-4, not TICKET"), {
    text: "see [redacted:ticket] and [redacted:ticket], not TICKET",
    count: 2,
  });
  assert.deepEqual(redaction?.replace("nothing here"), { text: "nothing here", count: 0 });
});

test("A name with a dollar sign's meaning in replacements is taken as it stands", async () => {
  const [redaction] = await customRedactions([{ name: "all", pattern: "(a)(b)" }]);
  assert.equal(redaction?.replace("x ab $1 y").text, "x [redacted:all] $1 y");
});

test("A pattern that makes a backtracking engine take years takes none here", async () => {
  const [redaction] = await customRedactions([{ name: "evil", pattern: "(a+)+$" }]);
  assert.equal(redaction?.replace(`${"a".repeat(5000)}!`).count, 0);
});
