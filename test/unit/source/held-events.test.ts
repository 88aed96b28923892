import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { KubernetesEvent } from "../../../src/model/kubernetes-event.ts";
import { HeldEvents } from "../../../src/source/held-events.ts";

function event(resourceVersion: number, note = ""): KubernetesEvent {
  return {
    metadata: {
      name: `e${resourceVersion}`,
      namespace: "shop",
      uid: `u${resourceVersion}`,
      resourceVersion: String(resourceVersion),
    },
    note,
  };
}

function versions(held: HeldEvents): number[] {
  return held.take().map((one) => Number(one.resourceVersion));
}

test("Events come back in the order in which they were written, whatever order they were listed in", () => {
  const held = new HeldEvents(1024 * 1024);
  for (const version of [100, 9, 30, 1000, 31]) held.add(event(version));
  assert.deepEqual(versions(held), [9, 30, 31, 100, 1000]);
  assert.deepEqual(versions(held), []);
});

test("Past the bound the oldest stay, and what is missing is only newer", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 200, max: 5000 }),
      (listed, bytesMax) => {
        const held = new HeldEvents(bytesMax);
        for (const version of listed) held.add(event(version));
        const { overflowed } = held;
        const kept = versions(held);
        const expected = listed.toSorted((a, b) => a - b).slice(0, kept.length);
        assert.deepEqual(kept, expected);
        assert.ok(kept.length > 0, "one Event always stays, or no pass would ever end");
        assert.equal(overflowed, kept.length < listed.length);
      },
    ),
  );
});

test("Of the managed fields only the newest time is kept: the API server's last write", () => {
  const held = new HeldEvents(1024 * 1024);
  const original = event(7);
  held.add({
    ...original,
    metadata: {
      ...original.metadata,
      managedFields: [{ time: "2026-01-01T00:00:05Z" }, { time: "2026-01-01T00:00:09Z" }, {}],
    },
  });
  const parsed: unknown = JSON.parse(held.take()[0]?.json.toString() ?? "");
  assert.deepEqual(parsed, {
    ...original,
    metadata: { ...original.metadata, managedFields: [{ time: "2026-01-01T00:00:09Z" }] },
  });
});
