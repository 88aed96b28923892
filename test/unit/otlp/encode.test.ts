import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { kindAttributesOf, recordAttributes } from "../../../src/model/attributes.ts";
import type { EventRecord } from "../../../src/model/event-record.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { generatedOwnRecord, generatedRecord, plainOwnRecord, plainRecord } from "./generated-records.ts";
import { decodeOfficially, officialProtos } from "./official-protos.ts";

const protos = officialProtos();
const identity = { serviceName: "kubernetes-events", clusterName: "production-eu", clusterUid: "c5a1" };

test("an official decoder finds each field of any record, as the attribute table says", () => {
  const encoder = createEncoder(identity);
  fc.assert(
    fc.property(generatedRecord, (record) => {
      const frame = encoder.event(record, 7);
      assert.deepEqual(decodeOfficially(protos.logRecord, frame.logRecord), expectedLogRecord(record));
      assert.deepEqual(decodeOfficially(protos.resource, frame.resource.resource), {
        attributes: [
          ["service.name", "kubernetes-events"],
          ["k8s.cluster.name", "production-eu"],
          ["k8s.cluster.uid", "c5a1"],
          ["k8s.namespace.name", record.namespace],
        ]
          .filter(([, value]) => value !== "")
          .map(([key, value = ""]) => ({ key, value: { stringValue: value.toWellFormed() } })),
      });
      assert.deepEqual(decodeOfficially(protos.scope, frame.resource.scope), {
        name: "tidings",
        version: "1",
      });
      assert.equal(frame.writeTimeMs, record.writeTimeMs);
      assert.equal(frame.input, 7);
    }),
    { numRuns: 500 },
  );
});

test("records of one namespace share their Resource, and those of another do not", () => {
  const encoder = createEncoder(identity);
  const first = encoder.event({ ...plainRecord, namespace: "a" }, 1).resource;
  const other = encoder.event({ ...plainRecord, namespace: "b" }, 1).resource;
  assert.equal(encoder.event({ ...plainRecord, namespace: "a" }, 1).resource, first);
  assert.notEqual(other, first);
  assert.equal(
    other.key,
    "service.name=kubernetes-events k8s.cluster.name=production-eu k8s.cluster.uid=c5a1 k8s.namespace.name=b",
  );
});

test("equal records give equal bytes, so that Loki knows one that is sent again", () => {
  const [once, again] = [createEncoder(identity), createEncoder(identity)];
  assert.deepEqual(once.event(plainRecord, 1), again.event({ ...plainRecord }, 1));
});

test("an official decoder finds each field of a record of our own", () => {
  const encoder = createEncoder(identity);
  fc.assert(
    fc.property(generatedOwnRecord, (record) => {
      const frame = encoder.own(record, 9);
      assert.deepEqual(decodeOfficially(protos.logRecord, frame.logRecord), {
        ...(record.attributes.some(({ value }) => isWritten(value)) && {
          attributes: record.attributes
            .filter(({ value }) => isWritten(value))
            .map(({ name, value }) => ({ key: name, value: anyValue(value) })),
        }),
        ...(record.timeUnixNano > 0n && { timeUnixNano: uint64(record.timeUnixNano) }),
        ...(record.observedTimeUnixNano > 0n && {
          observedTimeUnixNano: uint64(record.observedTimeUnixNano),
        }),
        ...(record.severityNumber !== 0 && { severityNumber: record.severityNumber }),
        ...(record.body !== "" && { body: { stringValue: record.body.toWellFormed() } }),
        ...(record.eventName !== "" && { eventName: record.eventName.toWellFormed() }),
      });
      assert.equal(frame.input, 9);
      assert.equal(frame.writeTimeMs, 0);
    }),
    { numRuns: 300 },
  );
});

test("a record of our own is of the whole cluster, like an Event about what has no namespace", () => {
  const encoder = createEncoder(identity);
  const { resource } = encoder.own(plainOwnRecord, 1);
  assert.equal(resource, encoder.event({ ...plainRecord, namespace: "" }, 2).resource);
  assert.doesNotMatch(resource.key, /namespace/);
});

test("frames of both kinds have one shape", () => {
  const encoder = createEncoder(identity);
  assert.deepEqual(Object.keys(encoder.own(plainOwnRecord, 1)), Object.keys(encoder.event(plainRecord, 2)));
});

function isWritten(value: string | number | true): boolean {
  return value !== "" && !Number.isNaN(value);
}

function anyValue(value: string | number | true): Record<string, unknown> {
  if (typeof value === "string") return { stringValue: value.toWellFormed() };
  return typeof value === "number" ? { intValue: int64(value) } : { boolValue: value };
}

interface KeyValue {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

/** The record as protobufjs shows it, written from the attribute table without our encoder. */
function expectedLogRecord(record: EventRecord): Record<string, unknown> {
  const attributes = recordAttributes.flatMap((attribute): KeyValue[] => {
    const key = attribute.name;
    if (attribute.type === "string") {
      const value = attribute.read(record);
      return value === "" ? [] : [{ key, value: { stringValue: value.toWellFormed() } }];
    }
    if (attribute.type === "boolean")
      return attribute.read(record) ? [{ key, value: { boolValue: true } }] : [];
    const value = attribute.read(record);
    return value === undefined || Number.isNaN(value) ? [] : [{ key, value: { intValue: int64(value) } }];
  });
  const kind = kindAttributesOf(record.objectKind, record.objectApiVersion);
  if (kind !== undefined) {
    for (const [key, value] of [
      [kind.nameAttribute, record.objectName],
      [kind.uidAttribute, record.objectUid],
    ] as const) {
      if (value !== "") attributes.push({ key, value: { stringValue: value.toWellFormed() } });
    }
  }
  return {
    attributes,
    ...(record.timeUnixNano > 0n && { timeUnixNano: uint64(record.timeUnixNano) }),
    ...(record.observedTimeUnixNano > 0n && { observedTimeUnixNano: uint64(record.observedTimeUnixNano) }),
    ...(record.severityNumber !== 0 && { severityNumber: record.severityNumber }),
    ...(record.severityText !== "" && { severityText: record.severityText.toWellFormed() }),
    ...(record.body !== "" && { body: { stringValue: record.body.toWellFormed() } }),
    ...(record.eventName !== "" && { eventName: record.eventName.toWellFormed() }),
  };
}

function uint64(value: bigint): string {
  return (value > 2n ** 64n - 1n ? 2n ** 64n - 1n : value).toString();
}

function int64(value: number): string {
  if (value >= 2 ** 63) return (2n ** 63n - 1n).toString();
  return value <= -(2 ** 63) ? (-(2n ** 63n)).toString() : BigInt(Math.trunc(value)).toString();
}
