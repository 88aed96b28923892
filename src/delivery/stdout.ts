import type { Writable } from "node:stream";

import type { Frame } from "../model/frame.ts";
import type { DeliveryLedger } from "../model/ledger.ts";
import type { Notify } from "../model/notice.ts";
import { decodeLogRecord, decodeResource, decodeScope, type Decoded } from "../otlp/decode.ts";
import { recordJson } from "../otlp/json.ts";
import type { Runtime } from "../shared/runtime.ts";
import { Waiters } from "../shared/waiters.ts";
import type { Outlet } from "./outlet.ts";
import { FrameQueue } from "./queue.ts";
import { formatRecordLine } from "./record-line.ts";

export interface StdoutOptions {
  /** `json`: a line of OTLP JSON a record, which the Collector's `otlpjsonfile` receiver reads; else for people. */
  readonly format: "json" | "pretty" | "pretty_coloured";
  /** Memory for what is not delivered yet, as `DeliveryLedger.queuedBytes` counts it. */
  readonly queue: { readonly bytesMax: number };
}

export interface StdoutParts {
  readonly stream: Writable;
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly notify: Notify;
  /** Asked before each write: false where another may lead by now. */
  readonly mayAct: () => boolean;
  /** These are written. Each frame once. */
  readonly settled: (frames: readonly Frame[]) => void;
}

/**
 * Writes records to a stream, a line each, as fast as its reader takes them. Delivered is what the system has taken.
 * `run` rejects when the stream breaks, with the stream's error as cause (`code` EPIPE: the reader is gone).
 */
export function createStdoutOutlet(options: StdoutOptions, parts: StdoutParts): Outlet {
  return new StdoutOutlet(options, parts);
}

const ignore = (): void => undefined;

/** Lines in one write. */
const batchRecordsMax = 128;

class StdoutOutlet implements Outlet {
  readonly #format: StdoutOptions["format"];
  readonly #stream: Writable;
  readonly #runtime: Pick<Runtime, "monotonicMs">;
  readonly #mayAct: () => boolean;
  readonly #settled: (frames: readonly Frame[]) => void;
  readonly #queue: FrameQueue;
  readonly #changed = new Waiters();
  readonly #emptied = new Waiters();
  #accepted = 0;
  #delivered = 0;
  #writes = 0;
  /** Monotonic ms of the oldest record in the write under way. */
  #writingSinceMs = Number.POSITIVE_INFINITY;

  constructor(options: StdoutOptions, parts: StdoutParts) {
    this.#format = options.format;
    this.#stream = parts.stream;
    this.#runtime = parts.runtime;
    this.#mayAct = parts.mayAct;
    this.#settled = parts.settled;
    const batch = { recordsMax: batchRecordsMax, bytesMax: options.queue.bytesMax, delayMs: 0 };
    this.#queue = new FrameQueue({ ...options.queue, batch, order: "mixed" }, parts.runtime, parts.notify);
  }

  push(frames: readonly Frame[]): void {
    this.#accepted += frames.length;
    this.#queue.push(frames);
    this.#changed.release();
  }

  hasRoom(signal: AbortSignal): Promise<void> {
    return this.#queue.hasRoom(signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    // Each write hears of its own error; without a listener the stream's event would end the process first.
    this.#stream.on("error", ignore);
    try {
      while (!signal.aborted) {
        const batch = this.#mayAct() ? this.#queue.take(true) : undefined;
        if (batch === undefined) {
          await this.#changed.wait(signal);
          continue;
        }
        this.#writingSinceMs = batch.oldestArrivalMs;
        const lines = batch.frames.map((frame) => `${this.#line(frame)}\n`);
        if (!(await written(this.#stream, lines.join(""), signal))) return;
        this.#writingSinceMs = Number.POSITIVE_INFINITY;
        this.#writes += 1;
        this.#delivered += batch.frames.length;
        this.#settled(batch.frames);
        this.#queue.settle(batch.frames);
        if (this.#queue.records === 0) this.#emptied.release();
      }
    } finally {
      this.#stream.off("error", ignore);
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    while (this.#queue.records > 0 && !signal.aborted) await this.#emptied.wait(signal);
  }

  ledger(): DeliveryLedger {
    const oldestArrivalMs = Math.min(this.#writingSinceMs, this.#queue.oldestArrivalMs);
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      rejected: { invalid: 0, too_large: 0, partial_success: 0, server_error: 0 },
      dropped: { stopped: 0 },
      queued: this.#queue.records,
      queuedBytes: this.#queue.bytes,
      oldestAgeMs:
        oldestArrivalMs === Number.POSITIVE_INFINITY ? 0 : this.#runtime.monotonicMs() - oldestArrivalMs,
      sends: {
        delivered: this.#writes,
        retryable: 0,
        server_error: 0,
        held: 0,
        divide: 0,
        aborted: 0,
      },
    };
  }

  #line(frame: Frame): string {
    const logRecord = ours(decodeLogRecord(frame.logRecord));
    const resource = ours(decodeResource(frame.resource.resource));
    if (this.#format === "json")
      return recordJson(resource, ours(decodeScope(frame.resource.scope)), logRecord);
    const colour = this.#format === "pretty_coloured";
    return formatRecordLine({ resource: resource.attributes, logRecord }, { colour });
  }
}

/** Frames are our own encoder's: one that cannot be read is a bug. */
function ours<T>(decoded: Decoded<T>): T {
  if (decoded.kind === "malformed") throw new Error(`Our own frame is malformed: ${decoded.fault}`);
  return decoded.value;
}

/** True when the system has taken `text`, false when `signal` aborted first. Rejects when the stream is broken. */
function written(stream: Writable, text: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(false);
    signal.addEventListener("abort", abort);
    stream.write(text, (error) => {
      signal.removeEventListener("abort", abort);
      if (error === null || error === undefined) resolve(true);
      else reject(new Error(`Cannot write to standard output: ${error.message}`, { cause: error }));
    });
  });
}
