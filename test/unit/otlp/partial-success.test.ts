import assert from "node:assert/strict";
import { test } from "node:test";

import { partialSuccessOf } from "../../../src/otlp/partial-success.ts";
import { encodeLogsResponse } from "../../../src/otlp/response.ts";

const json = "application/json";
const protobuf = "application/x-protobuf";
const full = { rejectedLogRecords: 0n, errorMessage: "" };
const some = { rejectedLogRecords: 2n, errorMessage: "too old" };

const cases: readonly { name: string; type: string; body: string | Uint8Array; expected: typeof full }[] = [
  { name: "protobuf", type: protobuf, body: encodeLogsResponse(some), expected: some },
  {
    name: "JSON",
    type: json,
    body: '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}',
    expected: some,
  },
  {
    name: "JSON with a number",
    type: json,
    body: '{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"too old"}}',
    expected: some,
  },
  { name: "JSON without one", type: json, body: '{"partialSuccess":{}}', expected: full },
  { name: "JSON null", type: json, body: '{"partialSuccess":null}', expected: full },
  {
    name: "JSON with nonsense",
    type: json,
    body: '{"partialSuccess":{"rejectedLogRecords":"many","errorMessage":7}}',
    expected: full,
  },
  { name: "JSON of another kind", type: json, body: "[1]", expected: full },
  { name: "broken JSON", type: json, body: "{", expected: full },
  { name: "broken protobuf", type: protobuf, body: Uint8Array.of(0x0a, 0x80), expected: full },
  { name: "no body", type: protobuf, body: "", expected: full },
  { name: "plain text", type: "text/plain", body: "ok", expected: full },
];

for (const { name, type, body, expected } of cases) {
  test(name, () => {
    assert.deepEqual(partialSuccessOf(type, typeof body === "string" ? Buffer.from(body) : body), expected);
  });
}
