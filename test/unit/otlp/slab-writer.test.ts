import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeLogRecord } from "../../../src/otlp/decode.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { SlabWriter } from "../../../src/otlp/slab-writer.ts";
import { plainRecord } from "./generated-records.ts";

test("records of any length follow one another without touching each other's bytes", () => {
  const encoder = createEncoder({ serviceName: "kubernetes-events", clusterName: "", clusterUid: "c5a1" });
  const records = Array.from({ length: 600 }, (_, index) => ({
    ...plainRecord,
    recordUid: `uid/${index}`,
    // Some fill the rest of a slab of 256 KiB, some are larger than it.
    body: "é€😀x".repeat(index % 50 === 7 ? 100_000 : index * 3),
  }));
  const frames = records.map((record, input) => encoder.event(record, input));
  frames.forEach(({ logRecord }, index) => {
    const decoded = decodeLogRecord(logRecord);
    assert.ok(decoded.kind === "decoded");
    assert.equal(decoded.value.attributes.get("log.record.uid"), records[index]?.recordUid);
    assert.equal(decoded.value.body ?? "", records[index]?.body);
  });
});

test("neighbours share a slab, so a record costs a view and not a buffer", () => {
  const writer = new SlabWriter();
  const views = Array.from({ length: 10 }, () => {
    writer.begin();
    writer.text(10, "x".repeat(1000));
    return writer.end();
  });
  assert.equal(new Set(views.map((view) => view?.buffer)).size, 1);
});

test("what does not fit is no half a record: it is written again into a larger slab", () => {
  const writer = new SlabWriter();
  const body = "x".repeat(400_000);
  writer.begin();
  writer.text(10, "before");
  writer.text(10, body);
  writer.text(10, "after");
  assert.equal(writer.end(), undefined);
  // Room is reserved for three bytes a character: 256 KiB, 512 KiB, 1 MiB are too small.
  let grown = 0;
  for (let message: Uint8Array | undefined; message === undefined; message = writer.end(), grown += 1) {
    writer.grow();
    writer.begin();
    writer.text(10, body);
  }
  assert.equal(grown, 3);
});
