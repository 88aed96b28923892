import * as fc from "fast-check";

import { kindAttributes } from "../../../src/model/attributes.ts";
import type { EventRecord } from "../../../src/model/event-record.ts";
import type { OwnRecord } from "../../../src/model/own-record.ts";

/** A plain record, for tests that care about a field or two. */
export const plainRecord: EventRecord = {
  eventName: "k8s.event",
  recordUid: "0a2b6c1e/81723",
  timeUnixNano: 1_764_063_000_123_456_000n,
  timeSource: "series",
  observedTimeUnixNano: 1_764_063_001_000_000_000n,
  writeTimeMs: 1_764_063_000_500,
  severityNumber: 13,
  severityText: "Warning",
  body: "Back-off restarting failed container app",
  bodyCutBytes: 0,
  redactions: 0,
  namespace: "payments",
  name: "api-x2x9p.18a3c0ffee123456",
  uid: "0a2b6c1e",
  resourceVersion: "81723",
  reason: "BackOff",
  action: "",
  count: 17,
  startTime: "2025-11-25T09:30:00Z",
  reportingController: "kubelet",
  reportingInstance: "node-3",
  objectKind: "Pod",
  objectName: "api-x2x9p",
  objectUid: "5f0e6c1e",
  objectApiVersion: "v1",
  objectResourceVersion: "81700",
  objectFieldPath: "spec.containers{app}",
  containerName: "app",
  nodeName: "node-3",
  relatedKind: "",
  relatedNamespace: "",
  relatedName: "",
  relatedUid: "",
  occurrences: 3,
  occurrencesEstimated: false,
};

/** A plain record of our own making. */
export const plainOwnRecord: OwnRecord = {
  eventName: "tidings.gap",
  recordUid: "6b1f00c0ffee",
  timeUnixNano: 1_764_063_000_123_456_000n,
  observedTimeUnixNano: 1_764_063_000_123_456_000n,
  severityNumber: 13,
  body: "The watch of Events could not be resumed",
  attributes: [
    { name: "event.name", value: "tidings.gap" },
    { name: "tidings.gap.recovered", value: 42 },
  ],
};

/** Any text that JavaScript can hold: all of Unicode, control characters, lone surrogates, short and long. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 60 }) },
  fc.constant(""),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 60 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 9000 }))
    .map(([part, times]) => part.repeat(times)),
);

const time = fc.oneof(
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_900_000_000_000_000_000n }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constant(0n),
);

const count = fc.oneof(fc.nat(1000), fc.maxSafeInteger(), fc.double(), fc.constant(2 ** 63), fc.constant(0));

/** Records as no cluster would make them: the encoder takes whatever the type allows. */
export const generatedRecord: fc.Arbitrary<EventRecord> = fc.record({
  eventName: text,
  recordUid: text,
  timeUnixNano: time,
  timeSource: fc.constantFrom("series", "event_time", "name", "write_time", "write_time_clamped"),
  observedTimeUnixNano: time,
  writeTimeMs: fc.nat(),
  severityNumber: fc.constantFrom(0, 5, 9, 13, 17, 21),
  severityText: text,
  body: text,
  bodyCutBytes: fc.nat(),
  redactions: fc.nat(3),
  namespace: text,
  name: text,
  uid: text,
  resourceVersion: text,
  reason: text,
  action: text,
  count,
  startTime: text,
  reportingController: text,
  reportingInstance: text,
  objectKind: fc.oneof(text, fc.constantFrom("Node", ...kindAttributes.map((entry) => entry.kind))),
  objectName: text,
  objectUid: text,
  objectApiVersion: fc.constantFrom("", "v1", "apps/v1", "batch/v1", "serving.knative.dev/v1"),
  objectResourceVersion: text,
  objectFieldPath: text,
  containerName: text,
  nodeName: text,
  relatedKind: text,
  relatedNamespace: text,
  relatedName: text,
  relatedUid: text,
  occurrences: count,
  occurrencesEstimated: fc.boolean(),
});

/** Records of our own as nothing of ours would make them. */
export const generatedOwnRecord: fc.Arbitrary<OwnRecord> = fc.record({
  eventName: text,
  recordUid: text,
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: fc.constantFrom(0, 5, 9, 13, 17, 21),
  body: text,
  attributes: fc.array(
    fc.record({
      name: fc.stringMatching(/^[a-z._]{1,100}$/),
      value: fc.oneof(text, count, fc.constant(true as const)),
    }),
    { maxLength: 8 },
  ),
});
