/** Where a record's Timestamp came from, most exact first (docs/telemetry.md, "Timestamp"). */
export type TimeSource =
  /** `series.lastObservedTime`, microseconds. */
  | "series"
  /** `eventTime`, microseconds. */
  | "event_time"
  /** `deprecatedFirstTimestamp` refined by the nanoseconds in the Event's name. */
  | "name"
  /** `deprecatedLastTimestamp`, seconds. */
  | "last_timestamp"
  /** `deprecatedFirstTimestamp`, seconds. */
  | "first_timestamp"
  /** The API server's write time, because the emitter gave none. */
  | "write_time"
  /** The API server's write time, because the emitter's lay more than 5 minutes after it. */
  | "write_time_clamped";

/** OpenTelemetry SeverityNumber; 0 where the source says nothing. */
export type SeverityNumber = 0 | 5 | 9 | 13 | 17 | 21;

/**
 * One delivered Kubernetes Event: normalised, later classified and correlated. All fields exist from the start, filled
 * by the processor's stages; readonly once it leaves the processor. An absent text is "" here and no attribute at all
 * on the wire. What goes where is said once, in `attributes.ts`.
 */
export interface EventRecord {
  /** EventName and attribute `event.name`. */
  readonly eventName: string;
  /**
   * `<event uid>/<resourceVersion>`: equal for the same state of the same Event, however often it is read. Followed by
   * `/<epoch>` once the cluster went back in time, because a resourceVersion may then stand for another state.
   */
  readonly recordUid: string;

  /** Time of the last observed occurrence, ns since the epoch. */
  readonly timeUnixNano: bigint;
  readonly timeSource: TimeSource;
  /** When tidings received it, ns since the epoch. Set once. */
  readonly observedTimeUnixNano: bigint;
  /** The API server's write time in ms since the epoch; 0 where it is unknown. */
  readonly writeTimeMs: number;

  readonly severityNumber: SeverityNumber;
  /** The Event's type as its source wrote it: `Normal`, `Warning`. */
  readonly severityText: string;
  /** The note: secrets redacted, capped, with a mark where it was cut. */
  readonly body: string;
  /** Bytes of the note beyond the cap; 0 where nothing was cut. */
  readonly bodyCutBytes: number;
  /** Secrets that were replaced in the note. */
  readonly redactions: number;

  /** Namespace of the regarding object; "" for a cluster-scoped one. */
  readonly namespace: string;

  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly reason: string;
  readonly action: string;
  /** The Event's own cumulative count, at least 1. */
  readonly count: number;
  /** First occurrence, RFC 3339. */
  readonly startTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;

  readonly objectKind: string;
  readonly objectName: string;
  readonly objectUid: string;
  readonly objectApiVersion: string;
  readonly objectResourceVersion: string;
  readonly objectFieldPath: string;
  /** From a fieldPath such as `spec.containers{app}`. */
  readonly containerName: string;
  /** Only where it is true: the regarding Node, or the host of a kubelet. */
  readonly nodeName: string;

  readonly relatedKind: string;
  readonly relatedNamespace: string;
  readonly relatedName: string;
  readonly relatedUid: string;

  /** Occurrences since the record before this one of the same Event; 0 for a change without an occurrence. */
  readonly occurrences: number;
  /** True when the count before this one was not known and `occurrences` is the least it can be. */
  readonly occurrencesEstimated: boolean;
}
