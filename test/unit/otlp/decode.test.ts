import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { decodeLogRecord, decodeLogsRequest } from "../../../src/otlp/decode.ts";
import type { AnyValue, Attributes, LogsRequest } from "../../../src/otlp/logs-request.ts";
import { encodeOfficially, officialProtos } from "./official-protos.ts";

const protos = officialProtos();

/** The same value as fast-check made it, in the shape of the .proto files and in ours. */
interface Pair<T> {
  readonly official: Record<string, unknown>;
  readonly ours: T;
}

const text = fc.string({ unit: "binary" });
const bytes = fc.uint8Array({ maxLength: 16 });
const uint32 = fc.integer({ min: 0, max: 0xff_ff_ff_ff });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const { anyValue } = fc.letrec<{ anyValue: Pair<AnyValue> }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Pair<AnyValue>>({ official: {}, ours: null }),
    text.map((value): Pair<AnyValue> => ({ official: { stringValue: value }, ours: value })),
    fc.boolean().map((value): Pair<AnyValue> => ({ official: { boolValue: value }, ours: value })),
    int64.map((value): Pair<AnyValue> => ({ official: { intValue: value.toString() }, ours: value })),
    fc.double().map((value): Pair<AnyValue> => ({ official: { doubleValue: value }, ours: value })),
    bytes.map((value): Pair<AnyValue> => ({ official: { bytesValue: value }, ours: value })),
    fc.array(tie("anyValue"), { maxLength: 3 }).map((values): Pair<AnyValue> => ({
      official: { arrayValue: { values: values.map((value) => value.official) } },
      ours: values.map((value) => value.ours),
    })),
    fc
      .uniqueArray(fc.tuple(text, tie("anyValue")), { maxLength: 3, selector: ([key]) => key })
      .map((entries): Pair<AnyValue> => ({
        official: { kvlistValue: { values: keyValues(entries) } },
        ours: new Map(entries.map(([key, value]) => [key, value.ours])),
      })),
  ),
}));

const attributes = fc
  .uniqueArray(fc.tuple(text, anyValue), { maxLength: 4, selector: ([key]) => key })
  .map((entries): { official: Record<string, unknown>[]; ours: Attributes } => ({
    official: keyValues(entries),
    ours: new Map(entries.map(([key, value]) => [key, value.ours])),
  }));

const logRecord = fc
  .record({
    timeUnixNano: uint64,
    observedTimeUnixNano: uint64,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    droppedAttributesCount: uint32,
    flags: uint32,
    traceId: bytes,
    spanId: bytes,
    eventName: text,
  })
  .chain((fields) =>
    fc.tuple(anyValue, attributes).map(([body, attributePairs]) => ({
      official: {
        ...fields,
        timeUnixNano: fields.timeUnixNano.toString(),
        observedTimeUnixNano: fields.observedTimeUnixNano.toString(),
        body: body.official,
        attributes: attributePairs.official,
      },
      ours: { ...fields, body: body.ours, attributes: attributePairs.ours },
    })),
  );

const scopeLogs = fc
  .record({
    name: text,
    version: text,
    schemaUrl: text,
    attributes,
    logRecords: fc.array(logRecord, { maxLength: 3 }),
  })
  .map((fields) => ({
    official: {
      scope: { name: fields.name, version: fields.version, attributes: fields.attributes.official },
      schemaUrl: fields.schemaUrl,
      logRecords: fields.logRecords.map((record) => record.official),
    },
    ours: {
      scope: {
        name: fields.name,
        version: fields.version,
        attributes: fields.attributes.ours,
        droppedAttributesCount: 0,
      },
      schemaUrl: fields.schemaUrl,
      logRecords: fields.logRecords.map((record) => record.ours),
    },
  }));

const resourceLogs = fc
  .record({ attributes, schemaUrl: text, scopeLogs: fc.array(scopeLogs, { maxLength: 2 }) })
  .map((fields) => ({
    official: {
      resource: { attributes: fields.attributes.official, droppedAttributesCount: 7 },
      schemaUrl: fields.schemaUrl,
      scopeLogs: fields.scopeLogs.map((entry) => entry.official),
    },
    ours: {
      resource: { attributes: fields.attributes.ours, droppedAttributesCount: 7 },
      schemaUrl: fields.schemaUrl,
      scopeLogs: fields.scopeLogs.map((entry) => entry.ours),
    },
  }));

const logsRequest = fc.array(resourceLogs, { maxLength: 2 }).map((entries): Pair<LogsRequest> => ({
  official: { resourceLogs: entries.map((entry) => entry.official) },
  ours: { resourceLogs: entries.map((entry) => entry.ours) },
}));

test("any request of the official library is decoded to the same values", () => {
  fc.assert(
    fc.property(logsRequest, ({ official, ours }) => {
      const decoded = decodeLogsRequest(encodeOfficially(protos.request, official));
      assert.deepEqual(decoded, { kind: "decoded", value: ours });
    }),
    { numRuns: 200 },
  );
});

test("a request that is cut off or has a wrong byte is decoded or malformed, and never throws", () => {
  fc.assert(
    fc.property(logsRequest, fc.nat(), fc.nat(255), fc.boolean(), ({ official }, where, byte, cut) => {
      const encoded = Uint8Array.from(encodeOfficially(protos.request, official));
      const at = encoded.length === 0 ? 0 : where % encoded.length;
      if (!cut && encoded.length > 0) encoded[at] = byte;
      const { kind } = decodeLogsRequest(cut ? encoded.subarray(0, at) : encoded);
      assert.ok(kind === "decoded" || kind === "malformed");
    }),
    { numRuns: 300 },
  );
});

test("unknown fields and known ones of another wire type are passed over", () => {
  const unknown = [
    0x98, 0x06, 0x2a, 0x9d, 0x06, 1, 2, 3, 4, 0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0x9a, 0x06, 1, 7,
  ];
  const severityAsFixed32 = [0x15, 9, 0, 0, 0];
  const decoded = decodeLogRecord(Uint8Array.from([...unknown, ...severityAsFixed32, 0x62, 1, 0x65]));
  assert.equal(decoded.kind, "decoded");
  assert.equal(decoded.kind === "decoded" ? decoded.value.eventName : "", "e");
  assert.equal(decoded.kind === "decoded" ? decoded.value.severityNumber : -1, 0);
});

function keyValues(entries: readonly [string, Pair<AnyValue>][]): Record<string, unknown>[] {
  return entries.map(([key, value]) => ({ key, value: value.official }));
}
