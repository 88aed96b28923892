import assert from "node:assert/strict";
import { test } from "node:test";

import { requestJson } from "../../../src/otlp/json.ts";
import type { AnyValue, LogRecord } from "../../../src/otlp/logs-request.ts";

const empty: LogRecord = {
  timeUnixNano: 0n,
  observedTimeUnixNano: 0n,
  severityNumber: 0,
  severityText: "",
  body: null,
  attributes: new Map(),
  droppedAttributesCount: 0,
  flags: 0,
  traceId: new Uint8Array(),
  spanId: new Uint8Array(),
  eventName: "",
};

function lineOf(logRecord: LogRecord, resource: ReadonlyMap<string, AnyValue> = new Map()): string {
  const scope = { name: "tidings", version: "1", attributes: new Map(), droppedAttributesCount: 0 };
  return requestJson({
    resourceLogs: [
      {
        resource: { attributes: resource, droppedAttributesCount: 0 },
        schemaUrl: "",
        scopeLogs: [{ scope, schemaUrl: "", logRecords: [logRecord] }],
      },
    ],
  });
}

test("a record is one line of OTLP JSON, as the specification spells it", () => {
  const line = lineOf(
    {
      timeUnixNano: 1_764_063_000_123_456_789n,
      observedTimeUnixNano: 1_764_063_001_000_000_000n,
      severityNumber: 13,
      severityText: "Warning",
      body: "Back-off\nrestarting",
      attributes: new Map<string, AnyValue>([
        ["text", "a"],
        ["int", 9_007_199_254_740_993n],
        ["double", 0.5],
        ["not a number", Number.NaN],
        ["bool", true],
        ["bytes", Uint8Array.of(1, 2, 255)],
        ["array", ["x", null]],
        ["map", new Map([["inner", 1n]])],
      ]),
      droppedAttributesCount: 1,
      flags: 1,
      traceId: Uint8Array.from({ length: 16 }, (_, index) => index * 17),
      spanId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      eventName: "k8s.event",
    },
    new Map([["service.name", "kubernetes-events"]]),
  );
  assert.ok(!line.includes("\n"));
  assert.deepEqual(JSON.parse(line), {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "kubernetes-events" } }] },
        scopeLogs: [
          {
            scope: { name: "tidings", version: "1" },
            logRecords: [
              {
                timeUnixNano: "1764063000123456789",
                observedTimeUnixNano: "1764063001000000000",
                severityNumber: 13,
                severityText: "Warning",
                body: { stringValue: "Back-off\nrestarting" },
                attributes: [
                  { key: "text", value: { stringValue: "a" } },
                  { key: "int", value: { intValue: "9007199254740993" } },
                  { key: "double", value: { doubleValue: 0.5 } },
                  { key: "not a number", value: { doubleValue: "NaN" } },
                  { key: "bool", value: { boolValue: true } },
                  { key: "bytes", value: { bytesValue: "AQL/" } },
                  { key: "array", value: { arrayValue: { values: [{ stringValue: "x" }, {}] } } },
                  {
                    key: "map",
                    value: { kvlistValue: { values: [{ key: "inner", value: { intValue: "1" } }] } },
                  },
                ],
                droppedAttributesCount: 1,
                flags: 1,
                traceId: "00112233445566778899aabbccddeeff",
                spanId: "0102030405060708",
                eventName: "k8s.event",
              },
            ],
          },
        ],
      },
    ],
  });
});

test("what holds its default is left out", () => {
  assert.equal(
    lineOf(empty),
    '{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{"name":"tidings","version":"1"},"logRecords":[{}]}]}]}',
  );
});
