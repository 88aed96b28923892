import type { TimeSource } from "../model/event-record.ts";
import type { KubernetesEvent } from "../model/kubernetes-event.ts";
import { laterSeconds, managedSecondsOf } from "../model/write-time.ts";
import { nanosOf, secondsOrNaN, unixNano, withNanos } from "../shared/rfc3339.ts";
import type { EventDraft } from "./event-draft.ts";
import { nanosFromName } from "./name-time.ts";

/** Further ahead of the API server's clock than this, an emitter's clock is wrong and not merely skewed. */
const futureSecondsMax = 300;

/**
 * When the last observed occurrence and the first one were, from the best source that the Event has:
 *
 * | form                         | last occurrence                              | first occurrence            |
 * |------------------------------|----------------------------------------------|-----------------------------|
 * | new, series                  | series.lastObservedTime (µs)                 | eventTime                   |
 * | new                          | eventTime (µs)                               | eventTime                   |
 * | old, repeated                | lastTimestamp (s)                            | firstTimestamp, by the name |
 * | old, once                    | firstTimestamp, by the Event's name (ns or s) | the same                    |
 * | no time of the emitter's own | write time (s, the API server's clock)       | creationTimestamp           |
 *
 * A malformed time is as good as none. A time that the emitter gave is never rewritten, except one more than 5 minutes
 * after the API server wrote the Event: that clock is wrong, and the record would hide in the future.
 */
export function tellOccurrenceTime(event: KubernetesEvent, draft: EventDraft, atMs: number): void {
  const { eventTime, series, deprecatedFirstTimestamp: first, deprecatedLastTimestamp: last } = event;
  const created = event.metadata.creationTimestamp;
  const createdSeconds = secondsOrNaN(created);
  const eventSeconds = secondsOrNaN(eventTime);
  const firstSeconds = secondsOrNaN(first);
  const lastSeconds = secondsOrNaN(last);
  const seriesSeconds = secondsOrNaN(series?.lastObservedTime);
  const managedSeconds = managedSecondsOf(event.metadata);
  const writeSeconds = laterSeconds(createdSeconds, managedSeconds);
  const nameNanos = Number.isNaN(firstSeconds) ? -1 : nanosFromName(draft.name, firstSeconds);

  let source: TimeSource;
  let seconds: number;
  let nanos = 0;
  if (isTime(seriesSeconds)) {
    source = "series";
    seconds = seriesSeconds;
    nanos = nanosOf(series?.lastObservedTime ?? "");
  } else if (isTime(eventSeconds) && !(lastSeconds > eventSeconds)) {
    source = "event_time";
    seconds = eventSeconds;
    nanos = nanosOf(eventTime ?? "");
  } else if (isTime(lastSeconds) && (draft.count > 1 || !(lastSeconds <= firstSeconds))) {
    source = "last_timestamp";
    seconds = lastSeconds;
    nanos = nanosOf(last ?? "");
  } else if (isTime(firstSeconds)) {
    source = nameNanos >= 0 ? "name" : "first_timestamp";
    seconds = firstSeconds;
    nanos = nameNanos >= 0 ? nameNanos : nanosOf(first ?? "");
  } else {
    source = "write_time";
    // Without any readable time on the object, the moment it came is the nearest to when it was written.
    seconds = isTime(writeSeconds) ? writeSeconds : Math.floor(atMs / 1000);
  }
  // Without managed fields only the creation is known to be a write, and a repeat may truly lie long after it.
  const isRepeat = draft.count > 1 && !isTime(managedSeconds);
  const nowSeconds = isRepeat ? Math.max(writeSeconds, atMs / 1000) : writeSeconds;
  if (seconds > nowSeconds + futureSecondsMax) {
    source = "write_time_clamped";
    seconds = Math.floor(nowSeconds);
    nanos = 0;
  }
  draft.timeSource = source;
  draft.timeUnixNano = unixNano(seconds, nanos);
  draft.writeTimeMs = isTime(writeSeconds) ? writeSeconds * 1000 : 0;
  if (isTime(createdSeconds)) draft.createdSeconds = createdSeconds;

  if (isTime(eventSeconds)) {
    draft.startTime = eventTime ?? "";
    draft.firstOccurrenceSeconds = eventSeconds;
  } else if (isTime(firstSeconds)) {
    draft.startTime =
      nameNanos >= 0 && first?.charAt(19) !== "." ? withNanos(first ?? "", nameNanos) : (first ?? "");
    draft.firstOccurrenceSeconds = firstSeconds;
  } else if (isTime(createdSeconds)) {
    draft.startTime = created ?? "";
    draft.firstOccurrenceSeconds = createdSeconds;
  }
}

function isTime(seconds: number): boolean {
  return !Number.isNaN(seconds);
}
