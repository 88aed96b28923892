import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { KubernetesEvent } from "../../../src/model/kubernetes-event.ts";
import {
  createProcessor,
  processorDefaults,
  type EventItem,
  type ProcessorOptions,
} from "../../../src/processor/processor.ts";
import { isKubernetesEvent } from "../../../src/source/decode.ts";
import { kubeletEvent, schedulerEvent } from "./sample-events.ts";

const atMs = Date.parse("2026-11-25T09:30:01.250Z");

function added(event: KubernetesEvent): EventItem {
  return { kind: "event", event, origin: "added" };
}

function accept(event: KubernetesEvent, options: Partial<ProcessorOptions> = {}) {
  return createProcessor({ ...processorDefaults, ...options }).accept(added(event), atMs);
}

test("an Event becomes a record with everything that is known", () => {
  const { outcome, record } = accept(kubeletEvent());
  assert.equal(outcome, "accepted");
  assert.equal(record.observedTimeUnixNano, BigInt(atMs) * 1_000_000n);
  assert.equal(record.severityNumber, 13);
  assert.equal(record.occurrences, 1);
  assert.equal(record.eventName, "k8s.event");
});

test("a secret at the cut is found before it is cut", () => {
  const note = `${"x".repeat(230)} password=hunter2-hunter2 ${"y".repeat(200)}`;
  const { record } = accept(kubeletEvent({ note }), { messageBytesMax: 256 });
  assert.equal(record?.redactions, 1);
  assert.ok((record?.bodyCutBytes ?? 0) > 0);
  assert.doesNotMatch(record?.body ?? "", /hunter/);
});

test("what is filtered is known all the same", () => {
  const processor = createProcessor({
    ...processorDefaults,
    filter: { include: [], exclude: [{ reasons: ["Pulling"] }] },
  });
  const pulling = kubeletEvent({ reason: "Pulling", deprecatedCount: 4 });
  assert.deepEqual(processor.accept(added(pulling), atMs), { outcome: "filtered", record: undefined });
  assert.equal(processor.status().baselines, 1);
  // Were it not, this would be five occurrences.
  const { record } = processor.accept(added({ ...pulling, reason: "Pulled", deprecatedCount: 5 }), atMs);
  assert.equal(record?.occurrences, 1);
});

test("in a new epoch the same state is another record, and its uid says so", () => {
  const processor = createProcessor(processorDefaults);
  const uidOf = (): string | undefined => processor.accept(added(kubeletEvent()), atMs).record?.recordUid;
  assert.equal(uidOf(), "0a2b6c1e-0000-4000-8000-000000000001/81723");
  processor.beginEpoch(2);
  assert.equal(uidOf(), "0a2b6c1e-0000-4000-8000-000000000001/81723/2");
  processor.beginEpoch(0);
  assert.equal(uidOf(), "0a2b6c1e-0000-4000-8000-000000000001/81723");
});

test("time alone makes no record", () => {
  const processor = createProcessor(processorDefaults);
  assert.deepEqual(processor.advance(atMs), { outcome: "idle", record: undefined });
});

const text = fc.oneof(
  fc.string(),
  fc.constantFrom("", "2026-11-25T09:30:00Z", "kubelet", "Node", "spec.containers{a}"),
);
const time = fc.option(fc.oneof(text, fc.constant("2026-11-25T09:30:00.123456Z")));
const reference = fc.record(
  {
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  },
  { requiredKeys: [] },
);
const wildEvent = fc.record(
  {
    metadata: fc.record(
      {
        name: fc.string({ minLength: 1 }),
        namespace: fc.string({ minLength: 1 }),
        uid: fc.string({ minLength: 1 }),
        resourceVersion: fc.nat().map(String),
        creationTimestamp: time,
        managedFields: fc.array(fc.record({ time }, { requiredKeys: [] }), { maxLength: 3 }),
      },
      { requiredKeys: ["name", "namespace", "uid", "resourceVersion"] },
    ),
    eventTime: time,
    series: fc.option(fc.record({ count: fc.maxSafeInteger(), lastObservedTime: text })),
    reportingController: text,
    reportingInstance: text,
    action: text,
    reason: text,
    regarding: reference,
    related: fc.option(reference),
    note: fc.string({ unit: "binary", maxLength: 400 }),
    type: text,
    deprecatedSource: fc.record({ component: text, host: text }, { requiredKeys: [] }),
    deprecatedFirstTimestamp: time,
    deprecatedLastTimestamp: time,
    deprecatedCount: fc.maxSafeInteger(),
  },
  { requiredKeys: ["metadata"] },
);

test("no Event that passes the guard makes it throw, and the record can be written", () => {
  const processor = createProcessor({ ...processorDefaults, baselinesMax: 3 });
  fc.assert(
    fc.property(wildEvent, (json) => {
      const event: unknown = JSON.parse(JSON.stringify(json));
      assert.ok(isKubernetesEvent(event));
      const { record } = processor.accept(added(event), atMs);
      assert.ok(record !== undefined);
      assert.ok(record.timeUnixNano >= 0n && record.timeUnixNano < 2n ** 63n);
      assert.ok(Number.isSafeInteger(record.count) && record.count >= 1);
      assert.ok(Number.isSafeInteger(record.occurrences) && record.occurrences >= 0);
    }),
    { numRuns: 500 },
  );
});

const origins = fc.constantFrom("stored", "warmed", "recovered", "restored", "added", "modified");

test("the same calls give the same outputs", () => {
  const items = fc.array(
    fc.record({
      kind: fc.constant("event" as const),
      event: fc.oneof(wildEvent, fc.constant(kubeletEvent()), fc.constant(schedulerEvent())),
      origin: origins,
    }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(items, (sequence) => {
      const run = () => {
        const processor = createProcessor({ ...processorDefaults, baselinesMax: 3 });
        return sequence.map((item, index) => [
          processor.accept(item, atMs + index),
          processor.advance(atMs + index),
        ]);
      };
      assert.deepEqual(run(), run());
    }),
  );
});
