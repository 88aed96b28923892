import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { EventDraft } from "../../../src/processor/event-draft.ts";
import { capMessage, messageBytesMaxLeast } from "../../../src/processor/message.ts";

function capped(body: string, bytesMax: number): EventDraft {
  const draft = new EventDraft();
  draft.body = body;
  capMessage(draft, bytesMax);
  return draft;
}

test("a message that fits stays as it is", () => {
  for (const body of ["", "short", "x".repeat(300), "é".repeat(150), "😀".repeat(75)]) {
    const draft = capped(body, 300);
    assert.equal(draft.body, body);
    assert.equal(draft.bodyCutBytes, 0);
  }
});

test("a long one ends in a mark that says how much is missing", () => {
  const draft = capped("x".repeat(1300), 300);
  assert.equal(draft.body, `${"x".repeat(268)}… [1032 bytes cut]`);
  assert.equal(draft.bodyCutBytes, 1032);
});

test("it is cut between characters, is never too long, and what is missing adds up", () => {
  const character = fc.constantFrom("a", "é", "€", "😀", "\ud800", "\udc00");
  fc.assert(
    fc.property(
      fc.array(character, { maxLength: 400 }),
      fc.integer({ min: messageBytesMaxLeast, max: 600 }),
      (characters, bytesMax) => {
        const body = characters.join("");
        const draft = capped(body, bytesMax);
        assert.ok(Buffer.byteLength(draft.body) <= bytesMax);
        if (draft.bodyCutBytes === 0) {
          assert.equal(draft.body, body);
          return;
        }
        const kept = draft.body.slice(0, draft.body.lastIndexOf("…"));
        assert.ok(body.startsWith(kept));
        assert.doesNotMatch(
          kept + (body[kept.length] ?? ""),
          /[\ud800-\udbff][\udc00-\udfff]$/,
          "a pair in two",
        );
        assert.equal(Buffer.byteLength(kept) + draft.bodyCutBytes, Buffer.byteLength(body));
        assert.ok(Buffer.byteLength(kept) > bytesMax - 32 - 4, "no more is cut than must be");
      },
    ),
    { numRuns: 300 },
  );
});
