import type {
  AnyValue,
  Attributes,
  LogRecord,
  LogsRequest,
  Resource,
  ResourceLogs,
  Scope,
  ScopeLogs,
} from "./logs-request.ts";
import { WireReader } from "./wire-reader.ts";

/** Bytes of another program: either what they say, or what is wrong with them and at which byte. */
export type Decoded<T> =
  | { readonly kind: "decoded"; readonly value: T }
  | { readonly kind: "malformed"; readonly fault: string };

/**
 * Nesting of messages: 4 levels of request and 3 for each level of an attribute's value. Protobuf's own libraries stop
 * at 100.
 */
const depthMax = 100;

/**
 * Messages in one request, each attribute being two. An empty one takes 2 bytes on the wire and a hundred in memory, so
 * a bound in bytes alone is none. These are 40,000 records of 20 attributes, or some 40 MB of them.
 */
const messagesMax = 2_000_000;

/**
 * Decodes an `ExportLogsServiceRequest`. Unknown fields are passed over; strings that are not UTF-8, groups, more than
 * 100 levels or 2,000,000 messages are faults.
 */
export function decodeLogsRequest(bytes: Uint8Array): Decoded<LogsRequest> {
  const decoder = new LogsDecoder(bytes);
  const resourceLogs = decoder.request();
  return decoder.result({ resourceLogs });
}

/** Decodes the bytes of one `LogRecord`, such as a frame's. */
export function decodeLogRecord(bytes: Uint8Array): Decoded<LogRecord> {
  const decoder = new LogsDecoder(bytes);
  return decoder.result(decoder.logRecord());
}

/** Decodes the bytes of one `Resource`. */
export function decodeResource(bytes: Uint8Array): Decoded<Resource> {
  const decoder = new LogsDecoder(bytes);
  return decoder.result(decoder.resource());
}

/** Decodes the bytes of one `InstrumentationScope`. */
export function decodeScope(bytes: Uint8Array): Decoded<Scope> {
  const decoder = new LogsDecoder(bytes);
  return decoder.result(decoder.scope());
}

/** The tag of a field: its number and its wire type. */
const varint = (field: number): number => field << 3;
const fixed64 = (field: number): number => (field << 3) | 1;
const delimited = (field: number): number => (field << 3) | 2;
const fixed32 = (field: number): number => (field << 3) | 5;

const noBytes = new Uint8Array();

/** One method a message of the .proto files; each reads to the end of the message that the reader stands in. */
class LogsDecoder {
  readonly #reader: WireReader;
  #messages = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new WireReader(bytes);
  }

  result<T>(value: T): Decoded<T> {
    const fault = this.#reader.fault;
    return fault === undefined ? { kind: "decoded", value } : { kind: "malformed", fault };
  }

  request(): ResourceLogs[] {
    const resourceLogs: ResourceLogs[] = [];
    this.#fields((tag) => {
      if (tag !== delimited(1)) return false;
      this.#message(() => resourceLogs.push(this.#resourceLogs()));
      return true;
    });
    return resourceLogs;
  }

  resource(): Resource {
    const attributes = new Map<string, AnyValue>();
    let droppedAttributesCount = 0;
    this.#fields((tag) => {
      if (tag === delimited(1)) this.#message(() => this.#keyValue(attributes));
      else if (tag === varint(2)) droppedAttributesCount = this.#reader.uint32();
      else return false;
      return true;
    });
    return { attributes, droppedAttributesCount };
  }

  scope(): Scope {
    const attributes = new Map<string, AnyValue>();
    let name = "";
    let version = "";
    let droppedAttributesCount = 0;
    this.#fields((tag) => {
      if (tag === delimited(1)) name = this.#reader.text();
      else if (tag === delimited(2)) version = this.#reader.text();
      else if (tag === delimited(3)) this.#message(() => this.#keyValue(attributes));
      else if (tag === varint(4)) droppedAttributesCount = this.#reader.uint32();
      else return false;
      return true;
    });
    return { name, version, attributes, droppedAttributesCount };
  }

  logRecord(): LogRecord {
    const reader = this.#reader;
    const attributes = new Map<string, AnyValue>();
    let timeUnixNano = 0n;
    let observedTimeUnixNano = 0n;
    let severityNumber = 0;
    let severityText = "";
    let body: AnyValue = null;
    let droppedAttributesCount = 0;
    let flags = 0;
    let traceId: Uint8Array = noBytes;
    let spanId: Uint8Array = noBytes;
    let eventName = "";
    this.#fields((tag) => {
      if (tag === delimited(6)) this.#message(() => this.#keyValue(attributes));
      else if (tag === fixed64(1)) timeUnixNano = reader.fixed64();
      else if (tag === fixed64(11)) observedTimeUnixNano = reader.fixed64();
      else if (tag === varint(2)) severityNumber = reader.uint32();
      else if (tag === delimited(3)) severityText = reader.text();
      else if (tag === delimited(5)) this.#message(() => (body = this.#anyValue()));
      else if (tag === varint(7)) droppedAttributesCount = reader.uint32();
      else if (tag === fixed32(8)) flags = reader.fixed32();
      else if (tag === delimited(9)) traceId = reader.bytes();
      else if (tag === delimited(10)) spanId = reader.bytes();
      else if (tag === delimited(12)) eventName = reader.text();
      else return false;
      return true;
    });
    return {
      timeUnixNano,
      observedTimeUnixNano,
      severityNumber,
      severityText,
      body,
      attributes,
      droppedAttributesCount,
      flags,
      traceId,
      spanId,
      eventName,
    };
  }

  #resourceLogs(): ResourceLogs {
    let resource: Resource = { attributes: new Map(), droppedAttributesCount: 0 };
    const scopeLogs: ScopeLogs[] = [];
    let schemaUrl = "";
    this.#fields((tag) => {
      if (tag === delimited(1)) this.#message(() => (resource = this.resource()));
      else if (tag === delimited(2)) this.#message(() => scopeLogs.push(this.#scopeLogs()));
      else if (tag === delimited(3)) schemaUrl = this.#reader.text();
      else return false;
      return true;
    });
    return { resource, schemaUrl, scopeLogs };
  }

  #scopeLogs(): ScopeLogs {
    let scope: Scope = { name: "", version: "", attributes: new Map(), droppedAttributesCount: 0 };
    const logRecords: LogRecord[] = [];
    let schemaUrl = "";
    this.#fields((tag) => {
      if (tag === delimited(1)) this.#message(() => (scope = this.scope()));
      else if (tag === delimited(2)) this.#message(() => logRecords.push(this.logRecord()));
      else if (tag === delimited(3)) schemaUrl = this.#reader.text();
      else return false;
      return true;
    });
    return { scope, schemaUrl, logRecords };
  }

  #keyValue(into: Map<string, AnyValue>): void {
    let key = "";
    let value: AnyValue = null;
    this.#fields((tag) => {
      if (tag === delimited(1)) key = this.#reader.text();
      else if (tag === delimited(2)) this.#message(() => (value = this.#anyValue()));
      else return false;
      return true;
    });
    into.set(key, value);
  }

  #anyValue(): AnyValue {
    const reader = this.#reader;
    let value: AnyValue = null;
    this.#fields((tag) => {
      if (tag === delimited(1)) value = reader.text();
      else if (tag === varint(2)) value = reader.varint() !== 0n;
      else if (tag === varint(3)) value = reader.int64();
      else if (tag === fixed64(4)) value = reader.double();
      else if (tag === delimited(5)) this.#message(() => (value = this.#arrayValue()));
      else if (tag === delimited(6)) this.#message(() => (value = this.#keyValueList()));
      else if (tag === delimited(7)) value = reader.bytes();
      else return false;
      return true;
    });
    return value;
  }

  #arrayValue(): AnyValue[] {
    const values: AnyValue[] = [];
    this.#fields((tag) => {
      if (tag !== delimited(1)) return false;
      this.#message(() => values.push(this.#anyValue()));
      return true;
    });
    return values;
  }

  #keyValueList(): Attributes {
    const values = new Map<string, AnyValue>();
    this.#fields((tag) => {
      if (tag !== delimited(1)) return false;
      this.#message(() => this.#keyValue(values));
      return true;
    });
    return values;
  }

  /** Calls `field` for each field of the message at hand; it answers false for one that it does not know. */
  #fields(field: (tag: number) => boolean): void {
    while (!this.#reader.done) {
      const tag = this.#reader.tag();
      if (!field(tag)) this.#reader.skip(tag);
    }
  }

  #message(read: () => void): void {
    const outerEnd = this.#reader.enter(depthMax);
    this.#messages += 1;
    if (this.#messages > messagesMax) this.#reader.fail(`More than ${messagesMax} messages`);
    read();
    this.#reader.leave(outerEnd);
  }
}
