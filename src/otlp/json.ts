import type {
  AnyValue,
  Attributes,
  LogRecord,
  LogsRequest,
  Resource,
  ResourceLogs,
  Scope,
} from "./logs-request.ts";

/**
 * A request as one line of OTLP JSON without its newline, as the Collector's file exporter writes and its
 * `otlpjsonfile` receiver reads: lowerCamelCase names, 64-bit numbers as strings, ids in hex, enums as numbers, and
 * nothing that holds its default. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function requestJson(request: LogsRequest): string {
  return JSON.stringify({ resourceLogs: request.resourceLogs.map(resourceLogsJson) });
}

/** One record as a whole request of its own. */
export function recordJson(resource: Resource, scope: Scope, logRecord: LogRecord): string {
  const scopeLogs = [{ scope, schemaUrl: "", logRecords: [logRecord] }];
  return requestJson({ resourceLogs: [{ resource, schemaUrl: "", scopeLogs }] });
}

/** `undefined` is what JSON.stringify leaves out. */
type JsonFields = Readonly<Record<string, unknown>>;

function resourceLogsJson(entry: ResourceLogs): JsonFields {
  return {
    resource: {
      attributes: attributesJson(entry.resource.attributes),
      droppedAttributesCount: unlessZero(entry.resource.droppedAttributesCount),
    },
    scopeLogs: entry.scopeLogs.map(({ scope, schemaUrl, logRecords }) => ({
      scope: {
        name: unlessEmpty(scope.name),
        version: unlessEmpty(scope.version),
        attributes: attributesJson(scope.attributes),
        droppedAttributesCount: unlessZero(scope.droppedAttributesCount),
      },
      logRecords: logRecords.map(logRecordJson),
      schemaUrl: unlessEmpty(schemaUrl),
    })),
    schemaUrl: unlessEmpty(entry.schemaUrl),
  };
}

function logRecordJson(record: LogRecord): JsonFields {
  return {
    timeUnixNano: unlessZero(record.timeUnixNano)?.toString(),
    observedTimeUnixNano: unlessZero(record.observedTimeUnixNano)?.toString(),
    severityNumber: unlessZero(record.severityNumber),
    severityText: unlessEmpty(record.severityText),
    body: record.body === null ? undefined : anyValueJson(record.body),
    attributes: attributesJson(record.attributes),
    droppedAttributesCount: unlessZero(record.droppedAttributesCount),
    flags: unlessZero(record.flags),
    traceId: unlessEmpty(hex(record.traceId)),
    spanId: unlessEmpty(hex(record.spanId)),
    eventName: unlessEmpty(record.eventName),
  };
}

function attributesJson(attributes: Attributes): readonly JsonFields[] | undefined {
  return attributes.size === 0 ? undefined : keyValuesJson(attributes);
}

function keyValuesJson(attributes: Attributes): readonly JsonFields[] {
  return Array.from(attributes, ([key, value]) => ({ key, value: anyValueJson(value) }));
}

function anyValueJson(value: AnyValue): JsonFields {
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { kvlistValue: { values: keyValuesJson(value) } };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { intValue: value.toString() };
  // NaN and the infinities are strings in protobuf's JSON; JSON.stringify would make null of them.
  if (typeof value === "number") return { doubleValue: Number.isFinite(value) ? value : String(value) };
  return { arrayValue: { values: arrayOf(value).map(anyValueJson) } };
}

function arrayOf(value: object): readonly AnyValue[] {
  return Array.isArray(value) ? value : [];
}

function unlessEmpty(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function unlessZero<T extends number | bigint>(value: T): T | undefined {
  return value === 0 || value === 0n ? undefined : value;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
