import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import protobuf from "protobufjs";

const directory = fileURLToPath(new URL("../../../third_party/opentelemetry-proto/", import.meta.url));

/** The official OTLP messages, read from the .proto files by a library that knows nothing of ours. */
export function officialProtos(): OfficialProtos {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => resolve(directory, target);
  root.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto");
  return {
    logRecord: root.lookupType("opentelemetry.proto.logs.v1.LogRecord"),
    resource: root.lookupType("opentelemetry.proto.resource.v1.Resource"),
    scope: root.lookupType("opentelemetry.proto.common.v1.InstrumentationScope"),
    request: root.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest"),
    response: root.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse"),
  };
}

export interface OfficialProtos {
  readonly logRecord: protobuf.Type;
  readonly resource: protobuf.Type;
  readonly scope: protobuf.Type;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
}

/** A message's bytes by the official definition. Numbers of 64 bits are given as decimal strings. */
export function encodeOfficially(type: protobuf.Type, message: Record<string, unknown>): Uint8Array {
  return type.encode(type.fromObject(message)).finish();
}

/** A message as plain data: int64 and fixed64 as decimal strings, only the fields that are on the wire. */
export function decodeOfficially(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(bytes), { longs: String, bytes: Array, oneofs: false });
}
