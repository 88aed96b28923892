import {
  kindAttributes,
  kindAttributesOf,
  recordAttributes,
  resourceAttributes,
  scope,
  type ResourceIdentity,
} from "../model/attributes.ts";
import type { EventRecord } from "../model/event-record.ts";
import type { Frame, FrameResource } from "../model/frame.ts";
import type { OwnRecord } from "../model/own-record.ts";
import { SlabWriter } from "./slab-writer.ts";

/** What every Resource of this process has in common. */
export type EncoderIdentity = Omit<ResourceIdentity, "namespace">;

/**
 * Encodes one record. Any string is taken (a lone surrogate becomes U+FFFD), any time and any count (clamped to what
 * OTLP can hold); the frame's bytes are never changed afterwards. `input` is the frame's.
 */
export interface Encoder {
  event(record: EventRecord, input: number): Frame;
  own(record: OwnRecord, input: number): Frame;
}

/**
 * Resources kept, one a namespace and some 500 bytes each. A cluster with more namespaces in use than this has them made
 * again, and then two frames of one namespace may stand in two groups of a request: nothing is lost.
 */
const resourcesMax = 4096;

/** Makes the encoder of one process: `recordAttributes` written as protobuf, by hand and in one pass. */
export function createEncoder(identity: EncoderIdentity): Encoder {
  const writer = new SlabWriter();
  const resources = new Map<string, FrameResource>();
  const scopeBytes = encodeScope(writer);

  function resourceOf(namespace: string): FrameResource {
    let resource = resources.get(namespace);
    if (resource === undefined) {
      resource = encodeResource(writer, { ...identity, namespace }, scopeBytes);
      // All at once: an order of use would cost as much for each record as the look-up itself.
      if (resources.size >= resourcesMax) resources.clear();
      resources.set(namespace, resource);
    }
    return resource;
  }

  return {
    event: (record, input) => ({
      resource: resourceOf(record.namespace),
      logRecord: encodeMessage(writer, writeEventRecord, record),
      input,
      writeTimeMs: record.writeTimeMs,
    }),
    own: (record, input) => ({
      resource: resourceOf(""),
      logRecord: encodeMessage(writer, writeOwnRecord, record),
      input,
      writeTimeMs: 0,
    }),
  };
}

// Of LogRecord: field number << 3 | wire type.
// https://github.com/open-telemetry/opentelemetry-proto/blob/v1.11.0/opentelemetry/proto/logs/v1/logs.proto
const timeTag = (1 << 3) | 1;
const observedTimeTag = (11 << 3) | 1;
const severityNumberTag = 2 << 3;
const severityTextTag = (3 << 3) | 2;
const bodyTag = (5 << 3) | 2;
const attributesTag = (6 << 3) | 2;
const eventNameTag = (12 << 3) | 2;

const recordColumns = recordAttributes.map((attribute) => ({ attribute, key: keyField(attribute.name) }));
const kindColumns = new Map(
  kindAttributes.map((entry) => [
    entry,
    { nameKey: keyField(entry.nameAttribute), uidKey: keyField(entry.uidAttribute) },
  ]),
);

function encodeMessage<T>(
  writer: SlabWriter,
  write: (writer: SlabWriter, record: T) => void,
  record: T,
): Uint8Array {
  for (;;) {
    writer.begin();
    write(writer, record);
    const bytes = writer.end();
    if (bytes !== undefined) return bytes;
    writer.grow();
  }
}

function writeEventRecord(writer: SlabWriter, record: EventRecord): void {
  writer.fixed64(timeTag, record.timeUnixNano);
  writer.fixed64(observedTimeTag, record.observedTimeUnixNano);
  writer.small(severityNumberTag, record.severityNumber);
  writer.text(severityTextTag, record.severityText);
  writer.anyText(bodyTag, record.body);
  writer.text(eventNameTag, record.eventName);
  for (const { attribute, key } of recordColumns) {
    switch (attribute.type) {
      case "string":
        writer.textAttribute(attributesTag, key, attribute.read(record));
        break;
      case "int": {
        const value = attribute.read(record);
        if (value !== undefined) writer.intAttribute(attributesTag, key, value);
        break;
      }
      case "boolean":
        if (attribute.read(record)) writer.trueAttribute(attributesTag, key);
        break;
    }
  }
  const kind = kindAttributesOf(record.objectKind, record.objectApiVersion);
  const keys = kind === undefined ? undefined : kindColumns.get(kind);
  if (keys === undefined) return;
  writer.textAttribute(attributesTag, keys.nameKey, record.objectName);
  writer.textAttribute(attributesTag, keys.uidKey, record.objectUid);
}

function writeOwnRecord(writer: SlabWriter, record: OwnRecord): void {
  writer.fixed64(timeTag, record.timeUnixNano);
  writer.fixed64(observedTimeTag, record.observedTimeUnixNano);
  writer.small(severityNumberTag, record.severityNumber);
  writer.anyText(bodyTag, record.body);
  writer.text(eventNameTag, record.eventName);
  for (const { name, value } of record.attributes) {
    const key = keyField(name);
    if (typeof value === "string") writer.textAttribute(attributesTag, key, value);
    else if (typeof value === "number") writer.intAttribute(attributesTag, key, value);
    else writer.trueAttribute(attributesTag, key);
  }
}

// Of Resource and InstrumentationScope.
const resourceAttributesTag = (1 << 3) | 2;
const scopeNameTag = (1 << 3) | 2;
const scopeVersionTag = (2 << 3) | 2;

function encodeResource(
  writer: SlabWriter,
  identity: ResourceIdentity,
  scopeBytes: Uint8Array,
): FrameResource {
  for (;;) {
    writer.begin();
    const parts: string[] = [];
    for (const attribute of resourceAttributes) {
      const value = attribute.read(identity);
      writer.textAttribute(resourceAttributesTag, keyField(attribute.name), value);
      if (value !== "") parts.push(`${attribute.name}=${value}`);
    }
    const bytes = writer.end();
    // A copy: a Resource outlives by far the slab that it would hold.
    if (bytes !== undefined) return { key: parts.join(" "), resource: bytes.slice(), scope: scopeBytes };
    writer.grow();
  }
}

function encodeScope(writer: SlabWriter): Uint8Array {
  writer.begin();
  writer.text(scopeNameTag, scope.name);
  writer.text(scopeVersionTag, scope.version);
  return (writer.end() ?? new Uint8Array()).slice();
}

/** The key field of a KeyValue. Attribute names are ASCII and shorter than 128. */
function keyField(name: string): Uint8Array {
  return Uint8Array.from([(1 << 3) | 2, name.length, ...Buffer.from(name, "latin1")]);
}
