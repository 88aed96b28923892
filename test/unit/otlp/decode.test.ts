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

const malformed: readonly { name: string; bytes: readonly number[]; fault: string }[] = [
  { name: "cut off in a length", bytes: [0x0a, 0x80], fault: "Cut off at byte 1" },
  { name: "cut off in a number", bytes: [0x09, 1, 2, 3], fault: "Cut off at byte 1" },
  { name: "field number 0", bytes: [0x02, 0x00], fault: "No field number at byte 0" },
  { name: "a group", bytes: [0x0b], fault: "Wire type 3 at byte 1" },
  {
    name: "a varint without an end",
    bytes: [0x10, ...Array.from({ length: 12 }, () => 0xff)],
    fault: "Varint longer than 10 bytes at byte 1",
  },
  { name: "text that is not UTF-8", bytes: [0x1a, 1, 0xff], fault: "String is not UTF-8 at byte 2" },
  {
    name: "an attribute longer than its record",
    bytes: [0x32, 9, 0x0a, 1, 0x61],
    fault: "Message longer than its surroundings at byte 1",
  },
];

for (const { name, bytes: input, fault } of malformed) {
  test(`malformed log record: ${name}`, () => {
    assert.deepEqual(decodeLogRecord(Uint8Array.from(input)), { kind: "malformed", fault });
  });
}

test("a value nested without end is malformed, not a stack overflow", () => {
  // Arrays within arrays, each longer by its own tag and length.
  let nested: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 10_000; depth += 1) {
    nested = Buffer.concat([Buffer.from([depth % 2 === 0 ? 0x0a : 0x2a]), varint(nested.length), nested]);
  }
  const decoded = decodeLogRecord(Buffer.concat([Buffer.from([0x2a]), varint(nested.length), nested]));
  assert.equal(decoded.kind, "malformed");
  assert.match(decoded.kind === "malformed" ? decoded.fault : "", /^Nested deeper than 100 at byte \d+$/);
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

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) groups.push((rest & 127) | 128);
  return Buffer.from([...groups, rest]);
}
