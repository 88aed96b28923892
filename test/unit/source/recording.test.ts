import assert from "node:assert/strict";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import {
  createRecordingWriter,
  readRecording,
  type RecordedFrame,
  type RecordingHeader,
} from "../../../src/source/recording.ts";
import { kubeletEvent, schedulerEvent } from "../processor/sample-events.ts";

const header: RecordingHeader = { cluster: "lab", startedAt: "2026-11-25T09:30:00.000Z" };
const frames: readonly RecordedFrame[] = [
  { atMs: 1_795_599_000_200, type: "ADDED", object: kubeletEvent() },
  { atMs: 1_795_599_000_300, type: "MODIFIED", object: schedulerEvent() },
  { atMs: 1_795_602_600_000, type: "DELETED", object: kubeletEvent() },
];

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "tidings-recording-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function all(recording: { readonly frames: AsyncIterable<RecordedFrame> }): Promise<RecordedFrame[]> {
  const read: RecordedFrame[] = [];
  for await (const frame of recording.frames) read.push(frame);
  return read;
}

test("what is written is read again, plain and compressed, and more than once", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lab.jsonl");
  const writer = createRecordingWriter(createWriteStream(path), header);
  await writer.write(frames.slice(0, 2));
  await writer.write(frames.slice(2));
  await writer.end();
  await writeFile(`${path}.gz`, gzipSync(await readFile(path)));

  for (const source of [path, `${path}.gz`, await readFile(path)]) {
    const recording = await readRecording(source);
    assert.deepEqual(recording.header, header);
    assert.deepEqual(await all(recording), frames);
    assert.deepEqual(await all(recording), frames);
  }
});

test("a recording of nothing has its header", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "quiet.jsonl");
  await createRecordingWriter(createWriteStream(path), header).end();
  const recording = await readRecording(path);
  assert.deepEqual(recording.header, header);
  assert.deepEqual(await all(recording), []);
});

test("a full disk fails the write", async () => {
  const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("ENOSPC")) });
  full.on("error", () => {});
  await assert.rejects(createRecordingWriter(full, header).write(frames), /ENOSPC/);
});

const headerLine = '{"tidings.recording":1,"cluster":"lab","startedAt":"2026-11-25T09:30:00.000Z"}\n';
const goodLine = `${JSON.stringify(frames[0])}\n`;

const faults = [
  { name: "empty", text: "", message: "recording: is empty; record one with tidings record" },
  {
    name: "no header",
    text: goodLine,
    message: "recording:1: no recording: the first line is not its header; record one with tidings record",
  },
  {
    name: "a newer version",
    text: '{"tidings.recording":2}\n',
    message: "recording:1: a recording of version 2; this tidings reads version 1",
  },
  {
    name: "half a header",
    text: '{"tidings.recording":1}\n',
    message: "recording:1: the header lacks cluster or startedAt",
  },
  {
    name: "cut off in a line",
    text: headerLine + goodLine + goodLine.slice(0, 100),
    message: "recording:3: the line is no JSON object; was the recording cut off?",
  },
  {
    name: "no time",
    text: `${headerLine}{"type":"ADDED"}\n`,
    message: "recording:2: atMs is no whole number",
  },
  {
    name: "an unknown type",
    text: `${headerLine}{"atMs":1,"type":"BOOKMARK"}\n`,
    message: "recording:2: type is none of ADDED, MODIFIED, DELETED",
  },
  {
    name: "no Event",
    text: `${headerLine}{"atMs":1,"type":"ADDED","object":{"metadata":{}}}\n`,
    message: "recording:2: metadata.name is missing",
  },
];

for (const { name, text, message } of faults) {
  test(`a fault names file and line: ${name}`, async () => {
    await assert.rejects(async () => all(await readRecording(Buffer.from(text))), {
      name: "RecordingError",
      message,
    });
  });
}

test("a file that is not there, or not compressed, says so", async () => {
  await using folder = await temporaryFolder();
  await assert.rejects(readRecording(join(folder.path, "none.jsonl.gz")), {
    name: "RecordingError",
    message: /none\.jsonl\.gz: ENOENT/,
  });
  const path = join(folder.path, "plain.jsonl.gz");
  await writeFile(path, headerLine);
  await assert.rejects(readRecording(path), {
    name: "RecordingError",
    message: /plain\.jsonl\.gz: incorrect header check/,
  });
});
