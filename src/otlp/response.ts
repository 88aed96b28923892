import type { Decoded } from "./decode.ts";
import { WireReader } from "./wire-reader.ts";

/** `ExportLogsServiceResponse`: how many records the server refused of a request that it took, and its words. */
export interface LogsResponse {
  /** As the server says it: neither checked against the request nor for sense. */
  readonly rejectedLogRecords: bigint;
  /** With none rejected: a warning. */
  readonly errorMessage: string;
}

/** `google.rpc.Status`, the body of an error (https://opentelemetry.io/docs/specs/otlp/#failures-1). */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** Decodes an `ExportLogsServiceResponse`; no bytes are a full success. */
export function decodeLogsResponse(bytes: Uint8Array): Decoded<LogsResponse> {
  const reader = new WireReader(bytes);
  let rejectedLogRecords = 0n;
  let errorMessage = "";
  while (!reader.done) {
    const tag = reader.tag();
    if (tag !== partialSuccessTag) {
      reader.skip(tag);
      continue;
    }
    const outerEnd = reader.enter(1);
    while (!reader.done) {
      const inner = reader.tag();
      if (inner === rejectedLogRecordsTag) rejectedLogRecords = reader.int64();
      else if (inner === errorMessageTag) errorMessage = reader.text();
      else reader.skip(inner);
    }
    reader.leave(outerEnd);
  }
  if (reader.fault !== undefined) return { kind: "malformed", fault: reader.fault };
  return { kind: "decoded", value: { rejectedLogRecords, errorMessage } };
}

/** Decodes a `google.rpc.Status`; its details are passed over. */
export function decodeStatus(bytes: Uint8Array): Decoded<RpcStatus> {
  const reader = new WireReader(bytes);
  let code = 0;
  let message = "";
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === statusCodeTag) code = reader.uint32();
    else if (tag === statusMessageTag) message = reader.text();
    else reader.skip(tag);
  }
  if (reader.fault !== undefined) return { kind: "malformed", fault: reader.fault };
  return { kind: "decoded", value: { code, message } };
}

/** The other direction, for a receiver. A full success without words is no bytes at all. */
export function encodeLogsResponse(response: LogsResponse): Uint8Array {
  const { rejectedLogRecords, errorMessage } = response;
  if (rejectedLogRecords === 0n && errorMessage === "") return new Uint8Array();
  const message = Buffer.from(errorMessage, "utf8");
  const partialSuccess = [
    ...(rejectedLogRecords === 0n ? [] : [rejectedLogRecordsTag, ...varintBytes(rejectedLogRecords)]),
    ...(message.length === 0 ? [] : [errorMessageTag, ...varintBytes(BigInt(message.length)), ...message]),
  ];
  return Uint8Array.from([
    partialSuccessTag,
    ...varintBytes(BigInt(partialSuccess.length)),
    ...partialSuccess,
  ]);
}

/** The body of an error, for a receiver. */
export function encodeStatus(status: RpcStatus): Uint8Array {
  const message = Buffer.from(status.message, "utf8");
  return Uint8Array.from([
    ...(status.code === 0 ? [] : [statusCodeTag, ...varintBytes(BigInt(status.code))]),
    ...(message.length === 0 ? [] : [statusMessageTag, ...varintBytes(BigInt(message.length)), ...message]),
  ]);
}

// Field number << 3 | wire type: 0 is a varint, 2 is delimited by its length.
const partialSuccessTag = (1 << 3) | 2;
const rejectedLogRecordsTag = 1 << 3;
const errorMessageTag = (2 << 3) | 2;
const statusCodeTag = 1 << 3;
const statusMessageTag = (2 << 3) | 2;

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
