import type { EventRecord, SeverityNumber, TimeSource } from "../model/event-record.ts";

/**
 * An EventRecord in the making. All fields exist from the start, so that every draft has one hidden class and a stage is
 * a few stores: no copy and no spread per stage.
 */
export class EventDraft implements EventRecord {
  eventName = "k8s.event";
  recordUid = "";

  timeUnixNano = 0n;
  timeSource: TimeSource = "write_time";
  observedTimeUnixNano = 0n;
  writeTimeMs = 0;

  severityNumber: SeverityNumber = 0;
  severityText = "";
  body = "";
  bodyCutBytes = 0;
  redactions = 0;

  namespace = "";

  name = "";
  uid = "";
  resourceVersion = "";
  reason = "";
  action = "";
  count = 1;
  startTime = "";
  reportingController = "";
  reportingInstance = "";

  objectKind = "";
  objectName = "";
  objectUid = "";
  objectApiVersion = "";
  objectResourceVersion = "";
  objectFieldPath = "";
  containerName = "";
  nodeName = "";

  relatedKind = "";
  relatedNamespace = "";
  relatedName = "";
  relatedUid = "";

  occurrences = 0;
  occurrencesEstimated = false;

  /** Not on the record: the first occurrence in seconds since the epoch, 0 where unknown. */
  firstOccurrenceSeconds = 0;
  /** Not on the record: when the API server stored it under this uid, likewise; Infinity where unknown. */
  createdSeconds = Number.POSITIVE_INFINITY;
}
