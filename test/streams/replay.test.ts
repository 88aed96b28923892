import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";

import { recordAttributes } from "../../src/model/attributes.ts";
import type { EventRecord } from "../../src/model/event-record.ts";
import { createProcessor, processorDefaults } from "../../src/processor/processor.ts";
import { decodeWatchLine } from "../../src/source/decode.ts";
import { readRecording } from "../../src/source/recording.ts";

/**
 * Each stream is a recording whose frames go through decoder and processor, as from a watch. What comes out stands
 * beside it, for people to review: UPDATE_EXPECTED=1 writes it anew.
 */
const folder = `${import.meta.dirname}/`;

for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
  test(`the stream ${file} gives the reviewed records`, async () => {
    const path = `${folder}${file.replace(".jsonl", ".expected.json")}`;
    const records = await replay(`${folder}${file}`);
    const text = `${JSON.stringify(records, undefined, 2)}\n`;
    if (process.env["UPDATE_EXPECTED"] === "1") await writeFile(path, text);
    assert.deepEqual(records, JSON.parse(await readFile(path, "utf8")));
    assert.deepEqual(await replay(`${folder}${file}`), records, "a second time");
  });
}

async function replay(path: string): Promise<unknown[]> {
  const processor = createProcessor(processorDefaults);
  const { frames } = await readRecording(path);
  const told: unknown[] = [];
  for await (const { atMs, type, object } of frames) {
    const item = decodeWatchLine(Buffer.from(JSON.stringify({ type, object })));
    if (item.kind === "event") {
      const { record } = processor.accept(item, atMs);
      assert.ok(record !== undefined);
      told.push(describe(record));
    } else {
      told.push(item);
    }
  }
  return told;
}

/** The record as a backend shows it, times to the last digit. */
function describe(record: EventRecord): object {
  const attributes: Record<string, unknown> = {};
  for (const { name, read } of recordAttributes) {
    const value = read(record);
    if (value !== undefined && value !== "" && value !== false) attributes[name] = value;
  }
  return {
    time: instant(record.timeUnixNano),
    timeSource: record.timeSource,
    observedTime: instant(record.observedTimeUnixNano),
    writeTime: instant(BigInt(record.writeTimeMs) * 1_000_000n),
    severity: record.severityNumber,
    body: record.body,
    namespace: record.namespace,
    attributes,
  };
}

function instant(unixNano: bigint): string {
  const seconds = new Date(Number(unixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(unixNano % 1_000_000_000n).padStart(9, "0")}Z`;
}
