import assert from "node:assert/strict";
import { test } from "node:test";

import type { KubernetesEvent, ObjectReference } from "../../../src/model/kubernetes-event.ts";
import { EventDraft } from "../../../src/processor/event-draft.ts";
import { normalise } from "../../../src/processor/normalise.ts";
import { kubeletEvent, schedulerEvent } from "./sample-events.ts";

function draftOf(event: KubernetesEvent): EventDraft {
  const draft = new EventDraft();
  normalise(event, draft);
  return draft;
}

test("both forms give the same fields", () => {
  const old = draftOf(kubeletEvent());
  assert.equal(old.recordUid, "0a2b6c1e-0000-4000-8000-000000000001/81723");
  assert.equal(old.reason, "BackOff");
  assert.equal(old.severityText, "Warning");
  assert.equal(old.namespace, "payments");
  assert.equal(old.objectKind, "Pod");
  assert.equal(old.containerName, "app");
  assert.equal(old.action, "");

  const young = draftOf(schedulerEvent());
  assert.equal(young.action, "Scheduling");
  assert.equal(young.reportingController, "default-scheduler");
  assert.equal(young.reportingInstance, "default-scheduler-control-plane-1");
  assert.equal(young.count, 1);
});

test("an Event of nothing but its metadata is a record", () => {
  const draft = draftOf({ metadata: kubeletEvent().metadata });
  assert.equal(draft.name, "api-x2x9p.18eb3fc6f167bd15");
  assert.equal(draft.namespace, "");
  assert.equal(draft.body, "");
  assert.equal(draft.count, 1);
});

test("an emitter that fills only the deprecated source is known by it", () => {
  const draft = draftOf(kubeletEvent({ reportingController: "", reportingInstance: "" }));
  assert.equal(draft.reportingController, "kubelet");
  assert.equal(draft.reportingInstance, "node-3");
});

const counts: readonly { readonly name: string; readonly event: KubernetesEvent; readonly count: number }[] =
  [
    { name: "of the old form", event: kubeletEvent({ deprecatedCount: 12 }), count: 12 },
    {
      name: "of a series",
      event: schedulerEvent({ series: { count: 57, lastObservedTime: "2026-11-25T09:31:00.000000Z" } }),
      count: 57,
    },
    {
      name: "of both, the larger",
      event: schedulerEvent({
        deprecatedCount: 60,
        series: { count: 57, lastObservedTime: "2026-11-25T09:31:00.000000Z" },
      }),
      count: 60,
    },
    { name: "never below 1", event: kubeletEvent({ deprecatedCount: -3 }), count: 1 },
  ];

for (const { name, event, count } of counts) {
  test(`the count ${name}`, () => {
    assert.equal(draftOf(event).count, count);
  });
}

const fieldPaths = [
  { fieldPath: "spec.containers{app}", container: "app" },
  { fieldPath: "spec.initContainers{migrate}", container: "migrate" },
  { fieldPath: "spec.ephemeralContainers{debug}", container: "debug" },
  { fieldPath: "spec.containers[2]", container: "" },
  { fieldPath: "spec.containers{app", container: "" },
  { fieldPath: "metadata.annotations{app}", container: "" },
  { fieldPath: "", container: "" },
];

for (const { fieldPath, container } of fieldPaths) {
  test(`the container of ${JSON.stringify(fieldPath)}`, () => {
    assert.equal(draftOf(kubeletEvent({ regarding: { kind: "Pod", fieldPath } })).containerName, container);
  });
}

const node: ObjectReference = { kind: "Node", name: "node-7", uid: "node-7" };
const nodes: readonly { readonly name: string; readonly event: KubernetesEvent; readonly node: string }[] = [
  { name: "the kubelet's host", event: kubeletEvent(), node: "node-3" },
  { name: "the kubelet's instance", event: kubeletEvent({ deprecatedSource: {} }), node: "node-3" },
  {
    name: "a Node, whoever speaks of it",
    event: kubeletEvent({ regarding: node, reportingController: "node-controller", deprecatedSource: {} }),
    node: "node-7",
  },
  {
    name: "a Node with its version",
    event: schedulerEvent({ regarding: { ...node, apiVersion: "v1" } }),
    node: "node-7",
  },
  {
    name: "not a Node of Longhorn's",
    event: schedulerEvent({ regarding: { ...node, apiVersion: "longhorn.io/v1beta2" } }),
    node: "",
  },
  {
    name: "not the host of the scheduler",
    event: schedulerEvent({ deprecatedSource: { host: "cp-1" } }),
    node: "",
  },
];

for (const { name, event, node: expected } of nodes) {
  test(`the node, only where that is true: ${name}`, () => {
    assert.equal(draftOf(event).nodeName, expected);
  });
}

test("a cluster-scoped object has no namespace, although its Event has one", () => {
  const event = kubeletEvent({ regarding: node }, { namespace: "default" });
  assert.equal(draftOf(event).namespace, "");
});

test("a second object is named", () => {
  const related = { kind: "Pod", namespace: "web", name: "front", uid: "77ab" };
  const draft = draftOf(schedulerEvent({ related }));
  assert.deepEqual(
    [draft.relatedKind, draft.relatedNamespace, draft.relatedName, draft.relatedUid],
    ["Pod", "web", "front", "77ab"],
  );
});

test("a field of any length leaves as one that a backend takes", () => {
  const huge = "x".repeat(300_000);
  const draft = draftOf(
    kubeletEvent({ reason: huge, action: huge, regarding: { kind: "Pod", name: "a", fieldPath: huge } }),
  );
  for (const field of [draft.reason, draft.action, draft.objectFieldPath]) {
    assert.equal(field.length, 1024);
    assert.ok(field.endsWith("x…"));
  }
});
