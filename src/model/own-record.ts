import type { SeverityNumber } from "./event-record.ts";

/**
 * A record that tidings makes itself, such as `tidings.gap`. It is about the cluster and not about one object, so its
 * Resource has no namespace.
 */
export interface OwnRecord {
  /** EventName; attribute `event.name` says it again. */
  readonly eventName: string;
  /** Hash of what the record is about: equal for the same record, whoever makes it. */
  readonly recordUid: string;
  /** ns since the epoch. */
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  readonly severityNumber: SeverityNumber;
  /** For people. */
  readonly body: string;
  /** All of them, in the order of the wire. */
  readonly attributes: readonly OwnAttribute[];
}

export interface OwnAttribute {
  /** ASCII, shorter than 128. */
  readonly name: string;
  /** "" is not written: there are no empty attributes. A number is written as an integer. */
  readonly value: string | number | true;
}
