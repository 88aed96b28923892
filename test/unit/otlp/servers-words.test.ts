import assert from "node:assert/strict";
import { test } from "node:test";

import { encodeStatus } from "../../../src/otlp/response.ts";
import { cleanWords, serversWords } from "../../../src/otlp/servers-words.ts";

const status = encodeStatus({ code: 3, message: "entry too far behind" });

const cases: readonly { name: string; type: string; body: string | Uint8Array; words: string }[] = [
  { name: "no body", type: "text/plain", body: "", words: "" },
  { name: "a protobuf status", type: "application/x-protobuf", body: status, words: "entry too far behind" },
  {
    name: "a protobuf status under another name",
    type: "application/octet-stream",
    body: status,
    words: "entry too far behind",
  },
  { name: "a protobuf status without a name", type: "", body: status, words: "entry too far behind" },
  {
    name: "text that says it is protobuf",
    type: "application/x-protobuf",
    body: "queue is full",
    words: "queue is full",
  },
  {
    name: "bytes that are neither",
    type: "application/x-protobuf",
    body: Uint8Array.of(0xff, 0xfe),
    words: "",
  },
  {
    name: "a JSON status",
    type: "application/json",
    body: '{"code":3,"message":"bad data"}',
    words: "bad data",
  },
  {
    name: "JSON with an error",
    type: "application/json",
    body: '{"error":"no such tenant"}',
    words: "no such tenant",
  },
  { name: "JSON in plain text", type: "text/plain", body: ' {"message":"bad data"}', words: "bad data" },
  { name: "other JSON", type: "application/json", body: '{"fault":1}', words: '{"fault":1}' },
  { name: "broken JSON", type: "application/json", body: '{"message":', words: '{"message":' },
  { name: "plain text", type: "text/plain", body: "rate limit\n", words: "rate limit" },
  { name: "a web page", type: "text/html", body: "<html>…", words: "a web page" },
];

for (const { name, type, body, words } of cases) {
  test(name, () => {
    assert.equal(serversWords(type, typeof body === "string" ? Buffer.from(body) : body), words);
  });
}

test("words are one line, without control characters and of bounded length", () => {
  assert.equal(cleanWords(" a\r\n\tb\u001b[31m\u2028c "), "a b [31m c");
  assert.equal(cleanWords("x".repeat(1024)).length, 1024);
  assert.equal(cleanWords(`${"x".repeat(1022)}😀yz`), `${"x".repeat(1022)}\ufffd…`);
});
