import assert from "node:assert/strict";
import { test } from "node:test";

import { eventFault, isKubernetesEvent } from "../../../src/source/kubernetes-event-guard.ts";
import { kubeletEvent, schedulerEvent } from "../processor/sample-events.ts";

const metadata = kubeletEvent().metadata;

const faults: readonly { readonly fault: string; readonly value: unknown }[] = [
  { fault: "the object is no JSON object", value: undefined },
  { fault: "the object is no JSON object", value: null },
  { fault: "the object is no JSON object", value: [] },
  { fault: "the object's kind is not Event", value: { ...kubeletEvent(), kind: "Pod" } },
  { fault: "metadata is missing", value: {} },
  { fault: "metadata.name is missing", value: kubeletEvent({}, { name: "" }) },
  { fault: "metadata.namespace is missing", value: kubeletEvent({}, { namespace: "" }) },
  { fault: "metadata.uid is missing", value: kubeletEvent({}, { uid: "" }) },
  {
    fault: "metadata.resourceVersion is no decimal integer",
    value: kubeletEvent({}, { resourceVersion: "007" }),
  },
  {
    fault: "metadata.managedFields is no list",
    value: { metadata: { ...metadata, managedFields: {} } },
  },
  {
    fault: "metadata.managedFields holds something else than objects",
    value: { metadata: { ...metadata, managedFields: ["now"] } },
  },
  {
    fault: "metadata.managedFields[].time is no text",
    value: { metadata: { ...metadata, managedFields: [{ time: 7 }] } },
  },
  { fault: "metadata.annotations is no object", value: { metadata: { ...metadata, annotations: [] } } },
  {
    fault: "metadata.annotations holds something else than text",
    value: { metadata: { ...metadata, annotations: { a: 7 } } },
  },
  {
    fault: "metadata.creationTimestamp is no text",
    value: { metadata: { ...metadata, creationTimestamp: 7 } },
  },
  { fault: "note is no text", value: { ...kubeletEvent(), note: 7 } },
  { fault: "type is no text", value: { ...kubeletEvent(), type: null } },
  { fault: "eventTime is no text", value: { ...kubeletEvent(), eventTime: 7 } },
  { fault: "series is no object", value: { ...kubeletEvent(), series: 7 } },
  { fault: "series.count is no integer", value: { ...kubeletEvent(), series: { count: 0.5 } } },
  {
    fault: "series.lastObservedTime is no text",
    value: { ...kubeletEvent(), series: { count: 2, lastObservedTime: 7 } },
  },
  { fault: "regarding is no object", value: { ...kubeletEvent(), regarding: "Pod" } },
  { fault: "regarding.uid is no text", value: { ...kubeletEvent(), regarding: { uid: 7 } } },
  { fault: "related.name is no text", value: { ...kubeletEvent(), related: { name: [] } } },
  { fault: "deprecatedSource is no object", value: { ...kubeletEvent(), deprecatedSource: "kubelet" } },
  { fault: "deprecatedSource.host is no text", value: { ...kubeletEvent(), deprecatedSource: { host: 7 } } },
  { fault: "deprecatedCount is no integer", value: { ...kubeletEvent(), deprecatedCount: "7" } },
];

for (const { fault, value } of faults) {
  test(`no Event: ${fault} (${JSON.stringify(value)?.length ?? 0} bytes)`, () => {
    assert.equal(eventFault(value), fault);
    assert.ok(!isKubernetesEvent(value));
  });
}

test("both forms are Events, also with the nulls that Go sends", () => {
  assert.equal(eventFault(kubeletEvent()), undefined);
  assert.equal(eventFault({ kind: "Event", ...schedulerEvent() }), undefined);
  assert.equal(eventFault({ metadata }), undefined);
  assert.equal(
    eventFault({
      ...schedulerEvent({ series: null, related: null, eventTime: null }),
      metadata: { ...metadata, creationTimestamp: null, managedFields: [{ time: null }] },
    }),
    undefined,
  );
});

test("a series without a time, as one written through core/v1 may have, is an Event", () => {
  for (const series of [{ count: 3 }, { count: 3, lastObservedTime: null }]) {
    assert.ok(isKubernetesEvent({ ...kubeletEvent(), series }));
  }
});
