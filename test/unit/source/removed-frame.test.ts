import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { decodeWatchLine } from "../../../src/source/decode.ts";
import { removedResourceVersion } from "../../../src/source/removed-frame.ts";
import { kubeletEvent } from "../processor/sample-events.ts";

/** As Go writes it: kind and apiVersion first, in the metadata the resourceVersion right after the uid. */
function frame(type: string, event: object): Buffer {
  return Buffer.from(
    JSON.stringify({ type, object: { kind: "Event", apiVersion: "events.k8s.io/v1", ...event } }),
  );
}

const lookAlike = '"resourceVersion":"666"';

const removals = [
  { name: "as Go writes it", line: frame("DELETED", kubeletEvent()), fast: true },
  {
    name: "a look-alike in the note",
    line: frame("DELETED", kubeletEvent({ note: `{"metadata":{${lookAlike}}}` })),
    fast: true,
  },
  {
    name: "look-alikes in annotations and managed fields",
    line: frame(
      "DELETED",
      kubeletEvent(
        {},
        { annotations: { resourceVersion: "666", [lookAlike]: lookAlike }, managedFields: [{}] },
      ),
    ),
    fast: true,
  },
  {
    name: "the object's own resourceVersion first",
    line: Buffer.from(
      JSON.stringify({
        type: "DELETED",
        object: { regarding: { resourceVersion: "666" }, ...kubeletEvent() },
      }),
    ),
    fast: false,
  },
  {
    name: "annotations first",
    line: Buffer.from(
      JSON.stringify({
        type: "DELETED",
        object: { metadata: { annotations: { resourceVersion: "666" }, resourceVersion: "81723" } },
      }),
    ),
    fast: false,
  },
  {
    name: "an escape before it",
    line: frame("DELETED", kubeletEvent({}, { name: String.raw`a\",${lookAlike},\"b` })),
    fast: false,
  },
  {
    name: "spaces",
    line: Buffer.from(JSON.stringify({ type: "DELETED", object: kubeletEvent() }, null, 1)),
    fast: false,
  },
  {
    name: "the type last",
    line: Buffer.from(JSON.stringify({ object: kubeletEvent(), type: "DELETED" })),
    fast: false,
  },
];

for (const { name, line, fast } of removals) {
  test(`a DELETED frame moves the position: ${name}`, () => {
    assert.deepEqual(decodeWatchLine(line), { kind: "removed", resourceVersion: "81723" });
    assert.equal(removedResourceVersion(line) !== undefined, fast, "found without parsing");
  });
}

test("a DELETED frame with a larger resourceVersion than a double holds is parsed", () => {
  const resourceVersion = "12345678901234567890123";
  assert.deepEqual(decodeWatchLine(frame("DELETED", kubeletEvent({}, { resourceVersion }))), {
    kind: "removed",
    resourceVersion,
  });
});

test("whatever else the Event holds, it is found without parsing and is the right one", () => {
  const wild = fc.oneof(fc.string(), fc.constantFrom(lookAlike, '"}}', '\\",', '{"type":"DELETED"'));
  fc.assert(
    fc.property(wild, wild, fc.maxSafeInteger(), (note, annotation, seed) => {
      const resourceVersion = String(Math.abs(seed) % 1e15);
      const event = kubeletEvent({ note }, { resourceVersion, annotations: { [annotation]: note } });
      assert.equal(removedResourceVersion(frame("DELETED", event)), resourceVersion);
    }),
  );
});
