import type { LogRecord, Resource, Scope } from "../otlp/logs-request.ts";

/** A record as a backend has it: with the Resource and scope that it came under. */
export interface ReceivedRecord {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly record: LogRecord;
  readonly receivedAtMs: number;
}
