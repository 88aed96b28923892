import { gzip } from "../src/delivery/gzip.ts";
import type { Frame } from "../src/model/frame.ts";
import { redactionNames } from "../src/model/redaction-names.ts";
import type { SourceItem } from "../src/model/source-item.ts";
import { assembleRequest } from "../src/otlp/assemble.ts";
import { createEncoder } from "../src/otlp/encode.ts";
import { createProcessor } from "../src/processor/processor.ts";
import { systemRuntime } from "../src/shared/system-runtime.ts";
import { decodeWatchLine } from "../src/source/decode.ts";
import { LineSplitter } from "../src/source/lines.ts";
import { Metrics, metricsDefaults } from "../src/telemetry/metrics.ts";
import { corpusEvents } from "./corpus.ts";
import { EventRing } from "./event-ring.ts";
import { median } from "./statistics.ts";
import { table, whole } from "./table.ts";

export interface StagesOptions {
  readonly events: number;
  readonly rounds: number;
}

const stages = ["read + split", "parse", "process", "count", "encode", "assemble", "compress"] as const;

const chunkBytes = 64 * 1024;
/** As the configuration's defaults. */
const batchRecords = 1000;

/**
 * What each stage costs, in one process and without a socket: the pipeline up to each stage is run in turn, and a stage is
 * what it adds. So each works on what the one before has just made, and its garbage is on its own account. CPU of the
 * whole process, because gzip works in Node's thread pool and the collector beside the main thread.
 */
export async function stageCosts({ events, rounds }: StagesOptions): Promise<string> {
  const ring = await EventRing.of(corpusEvents(events));
  const chunks = await chunksOf(ring);
  const costs: number[][] = stages.map(() => []);
  for (let round = -2; round < rounds; round += 1) {
    for (const [depth, samples] of costs.entries()) {
      const before = process.cpuUsage();
      await runPipeline(chunks, depth);
      const { user, system } = process.cpuUsage(before);
      // The first rounds warm up.
      if (round >= 0) samples.push((user + system) / events);
    }
  }
  const upTo = costs.map(median);
  const base = upTo[1] ?? Number.NaN;
  const rows = stages.map((stage, depth) => {
    const total = upTo[depth] ?? Number.NaN;
    const own = total - (upTo[depth - 1] ?? 0);
    return [stage, own.toFixed(2), (own / base).toFixed(2), total.toFixed(2), (total / base).toFixed(2)];
  });
  return [
    `${whole(events)} Events of ${whole(ring.lineBytes)} bytes, median of ${rounds} rounds; ratios to split + parse`,
    "",
    table(["stage", "CPU µs/event", "ratio", "up to here", "ratio"], rows),
  ].join("\n");
}

/** The stream as the network brings it: cut anywhere. */
async function chunksOf(ring: EventRing): Promise<readonly Uint8Array[]> {
  const { bytes } = ring.piece(0, ring.length, Number.POSITIVE_INFINITY);
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    chunks.push(bytes.subarray(start, start + chunkBytes));
  }
  return chunks;
}

/** Runs the stages up to number `depth`. Everything is made anew, as at the start of the program. */
async function runPipeline(chunks: readonly Uint8Array[], depth: number): Promise<void> {
  const splitter = new LineSplitter();
  const processor = createProcessor({
    baselinesMax: 100_000,
    messageBytesMax: 16 * 1024,
    filter: { include: [], exclude: [] },
    redactions: redactionNames,
    extraRedactions: [],
    baselineHorizonMs: Number.NEGATIVE_INFINITY,
  });
  const encoder = createEncoder({
    serviceName: "kubernetes-events",
    clusterName: "bench",
    clusterUid: "bench",
  });
  const metrics = new Metrics(
    { ...metricsDefaults, version: "", processMetrics: false },
    { connected: () => true, leader: unread, intake: unread, delivery: unread },
    systemRuntime,
    () => {},
  );
  let frames: Frame[] = [];
  // The delivery keeps the memory of a request once it is compressed, too.
  let room: Uint8Array | undefined;
  for (const chunk of chunks) {
    const items: SourceItem[] = [];
    for (const line of splitter.push(chunk)) {
      if (depth === 0) continue;
      const item = decodeWatchLine(line);
      if (item.kind !== "error") items.push(item);
    }
    if (depth < 2) continue;
    const atMs = Date.now();
    for (const item of items) {
      if (item.kind !== "event") throw new Error(`The corpus holds what is no Event: ${item.kind}`);
      const { record } = processor.accept(item, atMs);
      if (record === undefined) continue;
      if (depth >= 3) metrics.countEvent(record);
      if (depth >= 4) frames.push(encoder.event(record, 0));
    }
    if (frames.length < batchRecords) continue;
    if (depth >= 5) {
      const request = assembleRequest(frames.slice(0, batchRecords), room);
      room = new Uint8Array(request.buffer);
      if (depth >= 6) await gzip(request);
    }
    frames = frames.slice(batchRecords);
  }
}

function unread(): never {
  throw new Error("Nobody reads /metrics here");
}
