/**
 * A decoded `ExportLogsServiceRequest` as plain data, in protobuf's own terms: a field that was not set holds its
 * default ("", 0, an empty map).
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.11.0/opentelemetry/proto/logs/v1/logs.proto
 */
export interface LogsRequest {
  readonly resourceLogs: readonly ResourceLogs[];
}

export interface ResourceLogs {
  readonly resource: Resource;
  readonly schemaUrl: string;
  readonly scopeLogs: readonly ScopeLogs[];
}

export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

export interface ScopeLogs {
  readonly scope: Scope;
  readonly schemaUrl: string;
  readonly logRecords: readonly LogRecord[];
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

export interface LogRecord {
  /** ns since the epoch; 0 where unknown. */
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  /** 16 bytes, or none. */
  readonly traceId: Uint8Array;
  /** 8 bytes, or none. */
  readonly spanId: Uint8Array;
  readonly eventName: string;
}

/** In the order of the wire; of a key that came twice, the last value. */
export type Attributes = ReadonlyMap<string, AnyValue>;

/** Each kind of AnyValue is a JavaScript type of its own: int64 is a bigint, double a number, no value is null. */
export type AnyValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly AnyValue[]
  | ReadonlyMap<string, AnyValue>
  | null;
