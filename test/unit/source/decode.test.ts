import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { decodeList, decodeWatchLine, isKubernetesEvent } from "../../../src/source/decode.ts";
import { lineBytesMax } from "../../../src/source/lines.ts";
import { kubeletEvent, schedulerEvent } from "../processor/sample-events.ts";

/** As Go writes it: kind and apiVersion first, in the metadata the resourceVersion right after the uid. */
function frame(type: string, event: object): Buffer {
  return Buffer.from(
    JSON.stringify({ type, object: { kind: "Event", apiVersion: "events.k8s.io/v1", ...event } }),
  );
}

test("a DELETED frame moves the position and is no event", () => {
  const removed = { kind: "removed", resourceVersion: "81723" };
  assert.deepEqual(decodeWatchLine(frame("DELETED", kubeletEvent())), removed);
});

test("ADDED and MODIFIED frames become events", () => {
  const added = decodeWatchLine(frame("ADDED", kubeletEvent()));
  assert.ok(added.kind === "event");
  assert.equal(added.origin, "added");
  assert.equal(added.event.note, kubeletEvent().note);

  const modified = decodeWatchLine(frame("MODIFIED", schedulerEvent()));
  assert.ok(modified.kind === "event");
  assert.equal(modified.origin, "modified");
});

test("a BOOKMARK gives its position", () => {
  const line = frame("BOOKMARK", { metadata: { resourceVersion: "99", creationTimestamp: null } });
  assert.deepEqual(decodeWatchLine(line), { kind: "bookmark", resourceVersion: "99" });
});

test("an ERROR gives its Status", () => {
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version: 1 (7)" };
  assert.deepEqual(decodeWatchLine(frame("ERROR", status)), {
    kind: "error",
    code: 410,
    reason: "Expired",
    message: "too old resource version: 1 (7)",
  });
  assert.deepEqual(decodeWatchLine(Buffer.from('{"type":"ERROR"}')), {
    kind: "error",
    code: 0,
    reason: "",
    message: "the API server ended the watch with an error",
  });
});

const faults = [
  { fault: "the line is not JSON", line: Buffer.from('{"type":"ADDED","object":{') },
  { fault: "the line is no JSON object", line: Buffer.from("[]") },
  { fault: "the line is no JSON object", line: Buffer.from("null") },
  { fault: "the frame has no known type", line: Buffer.from("{}") },
  { fault: "a BOOKMARK frame without a resourceVersion", line: Buffer.from('{"type":"BOOKMARK"}') },
  { fault: "the object is no JSON object", line: Buffer.from('{"type":"ADDED"}') },
  { fault: "metadata is missing", line: frame("ADDED", {}) },
  { fault: `the line is longer than ${lineBytesMax} bytes`, line: Buffer.alloc(lineBytesMax + 1, "x") },
];

for (const { fault, line } of faults) {
  test(`a malformed line says what is wrong: ${fault}`, () => {
    const item = decodeWatchLine(line);
    assert.deepEqual(item, {
      kind: "malformed",
      fault,
      bytes: line.length,
      excerpt: line.subarray(0, 1024).toString(),
    });
  });
}

test("no bytes make it throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeWatchLine(bytes);
      decodeList(bytes);
    }),
  );
});

test("no damage to a real line makes it throw, nor gives an Event that is none", () => {
  const line = fc.constantFrom(
    frame("ADDED", kubeletEvent()),
    frame(
      "MODIFIED",
      schedulerEvent({ series: { count: 2, lastObservedTime: "2026-11-25T09:31:00.000000Z" } }),
    ),
    frame("DELETED", kubeletEvent()),
    frame("ERROR", { code: 410 }),
  );
  const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'"{}[]:,\\0u\u0000\n'.split(""))), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(line, damage, fc.nat(), (whole, places, cut) => {
      const bytes = Buffer.from(whole);
      for (const [place, character] of places) bytes[place % bytes.length] = character.charCodeAt(0);
      for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length)]) {
        const item = decodeWatchLine(damaged);
        if (item.kind === "event") assert.ok(isKubernetesEvent(item.event));
        if (item.kind === "removed") assert.match(item.resourceVersion, /^\d+$/);
      }
    }),
    { numRuns: 500 },
  );
});

test("a list page gives its items, the good ones beside a bad one", () => {
  const body = Buffer.from(
    JSON.stringify({
      kind: "EventList",
      metadata: { resourceVersion: "90000", continue: "more" },
      items: [kubeletEvent(), { metadata: { name: "half" } }, schedulerEvent()],
    }),
  );
  const page = decodeList(body);
  assert.ok(page.kind === "page");
  assert.equal(page.resourceVersion, "90000");
  assert.equal(page.continueToken, "more");
  assert.deepEqual(
    page.items.map((item) => item.kind),
    ["event", "malformed", "event"],
  );
  assert.deepEqual(page.items[0], { kind: "event", event: kubeletEvent(), origin: "stored" });
});

test("an empty list has no items, in either way that Go writes it", () => {
  for (const items of ["[]", "null"]) {
    const page = decodeList(Buffer.from(`{"metadata":{"resourceVersion":"7"},"items":${items}}`));
    assert.deepEqual(page, { kind: "page", resourceVersion: "7", continueToken: "", items: [] });
  }
});

test("what is no list says so", () => {
  const cases = [
    { body: "<html>", fault: "The answer to the list is no JSON object" },
    { body: '{"items":[]}', fault: "The answer to the list has no resourceVersion" },
    { body: '{"metadata":{"resourceVersion":"7"},"items":{}}', fault: "The answer to the list has no items" },
  ];
  for (const { body, fault } of cases) {
    assert.deepEqual(decodeList(Buffer.from(body)), { kind: "malformed", fault });
  }
});

test("an item nested without end is malformed like any other", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const page = decodeList(Buffer.from(`{"metadata":{"resourceVersion":"7"},"items":[${deep}]}`));
  assert.ok(page.kind === "page");
  assert.equal(page.items[0]?.kind, "malformed");
});
