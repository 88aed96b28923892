import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";
import { isScalar, parseDocument, visit, type Document } from "yaml";

import { formatFault } from "../../../src/config/fault.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const secret = "hunter2";
const text = `cluster:
  name: production
otlp:
  endpoint: https://user:${secret}@collector:4318/otlp
  headers:
    Authorization: "Bearer ${secret}"
    X-Key: '${secret}'
    X-Folded: >-
      ${secret}
  batch: { recordsMax: 10, delay: 1s }
  tls: { serverName: collector }
log: { level: info }
`;

// What people do to a file by mistake: take away, put in and double pieces of it, but not within the secret itself.
const piece = fc.constantFrom(
  ":",
  "\n",
  " ",
  '"',
  "'",
  "{",
  "}",
  "[",
  "]",
  "\t",
  "-",
  "#",
  "*",
  "&a ",
  "!x ",
  "x",
  "0",
  "---\n",
  ",",
);
const edit = fc.record({
  at: fc.nat(),
  remove: fc.integer({ min: 0, max: 6 }),
  insert: fc.array(piece, { maxLength: 3 }),
});

function edited(
  original: string,
  edits: readonly { at: number; remove: number; insert: string[] }[],
): string {
  let result = original;
  for (const { at, remove, insert } of edits) {
    const start = at % (result.length + 1);
    const removed = result.slice(start, start + remove);
    const near = result.slice(Math.max(0, start - secret.length), start + remove + secret.length);
    // A changed secret is none, and one moved into another setting's value is that setting's.
    if (near.includes(secret) && remove > 0 && /[hunter2]/.test(removed)) continue;
    result = result.slice(0, start) + insert.join("") + result.slice(start + remove);
  }
  return result;
}

function hasSecretKey(document: Document): boolean {
  let found = false;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && String(key.value).includes(secret)) found = true;
    },
  });
  return found;
}

test("However a file is broken, no fault shows the secrets in it, and nothing throws", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const broken = edited(text, edits);
      const result = await loadConfig({
        file: "c.yaml",
        environment: {},
        files: memoryFiles({ "c.yaml": broken }),
      });
      // As the name of a key it is no value that could be hidden.
      fc.pre(!hasSecretKey(parseDocument(broken)));
      const printed = result.ok ? "" : result.faults.map(formatFault).join("\n");
      assert.ok(!printed.includes(secret), `${broken}\n=>\n${printed}`);
    }),
    { numRuns: 500 },
  );
});
