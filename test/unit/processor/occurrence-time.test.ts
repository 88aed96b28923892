import assert from "node:assert/strict";
import { test } from "node:test";

import type { KubernetesEvent } from "../../../src/model/kubernetes-event.ts";
import { EventDraft } from "../../../src/processor/event-draft.ts";
import { normalise } from "../../../src/processor/normalise.ts";
import { tellOccurrenceTime } from "../../../src/processor/occurrence-time.ts";
import { kubeletEvent, schedulerEvent } from "./sample-events.ts";

const atMs = Date.parse("2026-11-25T10:00:00.500Z");

/** The time down to the last digit, by whom, since when, and when it was written. */
function timesOf(
  event: KubernetesEvent,
): readonly [time: string, source: string, start: string, write: string] {
  const draft = new EventDraft();
  normalise(event, draft);
  tellOccurrenceTime(event, draft, atMs);
  const seconds = new Date(Number(draft.timeUnixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const nanos = String(draft.timeUnixNano % 1_000_000_000n).padStart(9, "0");
  const write = draft.writeTimeMs === 0 ? "" : new Date(draft.writeTimeMs).toISOString();
  return [`${seconds}.${nanos}Z`, draft.timeSource, draft.startTime, write];
}

const nine = "2026-11-25T09:30:00.000Z";
const otherName = { name: "0a2b6c1e-0000-4000-8000-000000000001" };

const cases: readonly {
  readonly name: string;
  readonly event: KubernetesEvent;
  readonly expected: ReturnType<typeof timesOf>;
}[] = [
  {
    name: "new, once",
    event: schedulerEvent(),
    expected: ["2026-11-25T09:30:00.123456000Z", "event_time", "2026-11-25T09:30:00.123456Z", nine],
  },
  {
    name: "new, a series",
    event: schedulerEvent(
      { series: { count: 57, lastObservedTime: "2026-11-25T09:59:30.000001Z" } },
      { managedFields: [{ time: "2026-11-25T09:30:00Z" }, { time: "2026-11-25T10:00:00Z" }, { time: null }] },
    ),
    expected: [
      "2026-11-25T09:59:30.000001000Z",
      "series",
      "2026-11-25T09:30:00.123456Z",
      "2026-11-25T10:00:00.000Z",
    ],
  },
  {
    name: "old, once: the name has the nanoseconds",
    event: kubeletEvent(),
    expected: ["2026-11-25T09:30:00.123456789Z", "name", "2026-11-25T09:30:00.123456789Z", nine],
  },
  {
    name: "old, once, without a count",
    event: kubeletEvent({ deprecatedCount: 0, deprecatedLastTimestamp: null }),
    expected: ["2026-11-25T09:30:00.123456789Z", "name", "2026-11-25T09:30:00.123456789Z", nine],
  },
  {
    name: "old, once, under another name",
    event: kubeletEvent({}, otherName),
    expected: ["2026-11-25T09:30:00.000000000Z", "first_timestamp", "2026-11-25T09:30:00Z", nine],
  },
  {
    name: "old, once, the name's time is of another second",
    event: kubeletEvent({ deprecatedFirstTimestamp: "2026-11-25T09:29:59Z", deprecatedLastTimestamp: null }),
    expected: ["2026-11-25T09:29:59.000000000Z", "first_timestamp", "2026-11-25T09:29:59Z", nine],
  },
  {
    name: "old, repeated",
    event: kubeletEvent(
      { deprecatedCount: 7, deprecatedLastTimestamp: "2026-11-25T09:35:02Z" },
      { managedFields: [{ time: "2026-11-25T09:35:03Z" }] },
    ),
    expected: [
      "2026-11-25T09:35:02.000000000Z",
      "last_timestamp",
      "2026-11-25T09:30:00.123456789Z",
      "2026-11-25T09:35:03.000Z",
    ],
  },
  {
    name: "old, repeated by an emitter that does not count",
    event: kubeletEvent(
      { deprecatedLastTimestamp: "2026-11-25T09:35:02Z" },
      { managedFields: [{ time: "2026-11-25T09:35:03Z" }] },
    ),
    expected: [
      "2026-11-25T09:35:02.000000000Z",
      "last_timestamp",
      "2026-11-25T09:30:00.123456789Z",
      "2026-11-25T09:35:03.000Z",
    ],
  },
  {
    name: "only a last time",
    event: kubeletEvent({ deprecatedFirstTimestamp: null }),
    expected: ["2026-11-25T09:30:00.000000000Z", "last_timestamp", "2026-11-25T09:30:00Z", nine],
  },
  {
    name: "both forms in one, repeated by the old one",
    event: schedulerEvent(
      { deprecatedCount: 3, deprecatedLastTimestamp: "2026-11-25T09:31:00Z" },
      { managedFields: [{ time: "2026-11-25T09:31:00Z" }] },
    ),
    expected: [
      "2026-11-25T09:31:00.000000000Z",
      "last_timestamp",
      "2026-11-25T09:30:00.123456Z",
      "2026-11-25T09:31:00.000Z",
    ],
  },
  {
    name: "no time but the API server's",
    event: kubeletEvent(
      { deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null },
      { managedFields: [{ time: "2026-11-25T09:40:00Z" }] },
    ),
    expected: [
      "2026-11-25T09:40:00.000000000Z",
      "write_time",
      "2026-11-25T09:30:00Z",
      "2026-11-25T09:40:00.000Z",
    ],
  },
  {
    name: "malformed times are as good as none",
    event: schedulerEvent({
      eventTime: "yesterday",
      series: { count: 2, lastObservedTime: "0001-01-01T00:00:00Z" },
      deprecatedFirstTimestamp: "2026-11-25T25:00:00Z",
    }),
    expected: ["2026-11-25T09:30:00.000000000Z", "write_time", "2026-11-25T09:30:00Z", nine],
  },
  {
    name: "no time at all: when it was received",
    event: schedulerEvent({ eventTime: null }, { creationTimestamp: null }),
    expected: ["2026-11-25T10:00:00.000000000Z", "write_time", "", ""],
  },
  {
    name: "five minutes ahead is skew",
    event: schedulerEvent({ eventTime: "2026-11-25T09:35:00.900000Z" }),
    expected: ["2026-11-25T09:35:00.900000000Z", "event_time", "2026-11-25T09:35:00.900000Z", nine],
  },
  {
    name: "more is a wrong clock",
    event: schedulerEvent({ eventTime: "2026-11-25T09:35:01.000000Z" }),
    expected: ["2026-11-25T09:30:00.000000000Z", "write_time_clamped", "2026-11-25T09:35:01.000000Z", nine],
  },
  {
    name: "a repeat long after the creation, without managed fields, is no wrong clock",
    event: kubeletEvent(
      { deprecatedLastTimestamp: "2026-11-25T09:59:00Z", deprecatedCount: 5 },
      { ...otherName, managedFields: [] },
    ),
    expected: ["2026-11-25T09:59:00.000000000Z", "last_timestamp", "2026-11-25T09:30:00Z", nine],
  },
  {
    name: "the past is never rewritten",
    event: schedulerEvent({ eventTime: "2020-01-01T00:00:00.000000Z" }),
    expected: ["2020-01-01T00:00:00.000000000Z", "event_time", "2020-01-01T00:00:00.000000Z", nine],
  },
];

for (const { name, event, expected } of cases) {
  test(`occurrence time: ${name}`, () => {
    assert.deepEqual(timesOf(event), expected);
  });
}
