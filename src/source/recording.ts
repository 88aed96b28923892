import { createReadStream } from "node:fs";
import type { Writable } from "node:stream";
import { createGunzip } from "node:zlib";

import type { KubernetesEvent } from "../model/kubernetes-event.ts";
import { eventFault, isJsonObject, isKubernetesEvent } from "./kubernetes-event-guard.ts";
import { LineSplitter, lineBytesMax } from "./lines.ts";

/**
 * A recording is the watch of a real cluster in a file, with times: JSON lines, gzip where the name ends in `.gz`.
 *
 *     {"tidings.recording":1,"cluster":"lab","startedAt":"2026-11-25T09:30:00.000Z"}
 *     {"atMs":1795858200123,"type":"ADDED","object":{…}}
 *
 * What was listed at the start stands first, as ADDED.
 */
export interface RecordingHeader {
  /** The cluster's name; "" where it has none. */
  readonly cluster: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

export interface RecordedFrame {
  /** When it was received, ms since the epoch. Never goes back within a recording. */
  readonly atMs: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The whole object as the API server sent it, not only the fields of its type. */
  readonly object: KubernetesEvent;
}

export interface Recording {
  readonly header: RecordingHeader;
  /** Each iteration reads the file anew, as it is asked for. Throws a `RecordingError` at a line that is no frame. */
  readonly frames: AsyncIterable<RecordedFrame>;
}

/** A file that cannot be read or is no recording. The message names the file, the line and the fault. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

const version = 1;

/**
 * Opens a recording and reads its header.
 *
 * @param source - a path, or the (uncompressed) bytes.
 * @throws RecordingError, also when the file does not exist.
 */
export async function readRecording(source: string | Uint8Array): Promise<Recording> {
  const name = typeof source === "string" ? source : "recording";
  const lines = linesOf(source, name);
  try {
    const first = await lines.next();
    if (first.done === true) throw new RecordingError(`${name}: is empty; record one with tidings record`);
    const header = headerOf(first.value);
    if (typeof header === "string") throw new RecordingError(`${name}:1: ${header}`);
    return { header, frames: { [Symbol.asyncIterator]: () => framesOf(linesOf(source, name), name) } };
  } finally {
    await lines.return();
  }
}

export interface RecordingWriter {
  /** Resolves when the stream can take more; rejects when it failed (disk full). */
  write(frames: readonly RecordedFrame[]): Promise<void>;
  /** Resolves when everything is handed to the system. */
  end(): Promise<void>;
}

/**
 * Writes a recording to a file or pipe stream, which is the caller's until the first write and ended by `end`. Whoever
 * calls it redacts the notes and, for a `.gz` name, puts the compression behind the stream.
 */
export function createRecordingWriter(stream: Writable, header: RecordingHeader): RecordingWriter {
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  // Together with the first frames, so that its failure is theirs.
  let pending = `${JSON.stringify({ "tidings.recording": version, ...header })}\n`;

  return {
    write(frames) {
      for (const { atMs, type, object } of frames) pending += `${JSON.stringify({ atMs, type, object })}\n`;
      const text = pending;
      pending = "";
      return text === "" ? Promise.resolve() : write(text);
    },
    async end() {
      if (pending !== "") await write(pending);
      pending = "";
      await new Promise<void>((resolve, reject) => {
        stream.once("error", reject);
        stream.end(resolve);
      });
    },
  };
}

/** Lines as text, without the empty ones. A last line without a newline counts: an editor may have left it so. */
async function* linesOf(source: string | Uint8Array, name: string): AsyncGenerator<string, void> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of chunksOf(source)) {
      for (const line of splitter.push(chunk)) yield Buffer.from(line).toString();
    }
  } catch (error) {
    throw new RecordingError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const rest = splitter.end();
  if (rest.length > 0) yield Buffer.from(rest).toString();
}

async function* chunksOf(source: string | Uint8Array): AsyncGenerator<Uint8Array, void> {
  if (typeof source !== "string") {
    yield source;
    return;
  }
  const file = createReadStream(source);
  const gunzip = source.endsWith(".gz") ? createGunzip() : undefined;
  if (gunzip !== undefined) {
    // pipe() carries neither errors nor the end of the reader.
    file.on("error", (error) => gunzip.destroy(error));
    file.pipe(gunzip);
  }
  try {
    const chunks: AsyncIterable<unknown> = gunzip ?? file;
    for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
  } finally {
    file.destroy();
  }
}

async function* framesOf(lines: AsyncIterable<string>, name: string): AsyncGenerator<RecordedFrame, void> {
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (number === 1) continue;
    const frame = frameOf(line);
    if (typeof frame === "string") throw new RecordingError(`${name}:${number}: ${frame}`);
    yield frame;
  }
}

/** The header, or what is wrong with it. */
function headerOf(line: string): RecordingHeader | string {
  const header = parse(line);
  if (!isJsonObject(header) || header["tidings.recording"] === undefined) {
    return "no recording: the first line is not its header; record one with tidings record";
  }
  if (header["tidings.recording"] !== version) {
    return `a recording of version ${JSON.stringify(header["tidings.recording"])}; this tidings reads version ${version}`;
  }
  const { cluster, startedAt } = header;
  if (typeof cluster !== "string" || typeof startedAt !== "string")
    return "the header lacks cluster or startedAt";
  return { cluster, startedAt };
}

/** The frame, or what is wrong with it. */
function frameOf(line: string): RecordedFrame | string {
  if (line.length > lineBytesMax) return `the line is longer than ${lineBytesMax} bytes`;
  const frame = parse(line);
  if (!isJsonObject(frame)) return "the line is no JSON object; was the recording cut off?";
  const { atMs, type, object } = frame;
  if (typeof atMs !== "number" || !Number.isSafeInteger(atMs)) return "atMs is no whole number";
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") {
    return "type is none of ADDED, MODIFIED, DELETED";
  }
  if (!isKubernetesEvent(object)) return eventFault(object) ?? "the object is no Event";
  return { atMs, type, object };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
