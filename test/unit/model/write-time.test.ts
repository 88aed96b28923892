import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { KubernetesEvent, ObjectMeta } from "../../../src/model/kubernetes-event.ts";
import { laterSeconds, managedSecondsOf, writeTimeMs } from "../../../src/model/write-time.ts";

function eventWith(metadata: Partial<ObjectMeta>): KubernetesEvent {
  return { metadata: { name: "e", namespace: "shop", uid: "u", resourceVersion: "1", ...metadata } };
}

const creationTimestamp = "2026-11-25T09:30:00Z";
const created = Date.parse(creationTimestamp);

suite("the time of a write", () => {
  test("is the newest of the managed fields, in whatever order they are", () => {
    const times = ["2026-11-25T09:40:00Z", "2026-11-25T09:45:00Z", "2026-11-25T09:35:00Z"];
    const managedFields = times.map((time) => ({ time }));
    assert.equal(writeTimeMs(eventWith({ creationTimestamp, managedFields })), created + 15 * 60_000);
  });

  test("is the creation where nothing newer is known, and 0 where nothing is", () => {
    assert.equal(writeTimeMs(eventWith({ creationTimestamp })), created);
    assert.equal(writeTimeMs(eventWith({ creationTimestamp, managedFields: [{}, { time: null }] })), created);
    const older = [{ time: "2026-11-25T08:00:00Z" }];
    assert.equal(writeTimeMs(eventWith({ creationTimestamp, managedFields: older })), created);
    assert.equal(writeTimeMs(eventWith({})), 0);
    assert.equal(writeTimeMs(eventWith({ creationTimestamp: null })), 0);
  });

  test("a malformed time is as good as none", () => {
    const managedFields = [{ time: "yesterday" }, { time: "2026-11-25T09:31:00Z" }, { time: "9" }];
    assert.equal(writeTimeMs(eventWith({ creationTimestamp: "soon", managedFields })), created + 60_000);
    assert.equal(writeTimeMs(eventWith({ creationTimestamp: "soon" })), 0);
  });

  test("in seconds: no time is before every other", () => {
    assert.equal(laterSeconds(5, Number.NaN), 5);
    assert.equal(laterSeconds(Number.NaN, 5), 5);
    assert.equal(laterSeconds(5, 6), 6);
    assert.ok(Number.isNaN(laterSeconds(Number.NaN, Number.NaN)));
    assert.ok(Number.isNaN(managedSecondsOf(eventWith({}).metadata)));
  });
});
