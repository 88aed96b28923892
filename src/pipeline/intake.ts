import type { EventRecord } from "../model/event-record.ts";
import type { Frame } from "../model/frame.ts";
import type { IntakeLedger } from "../model/ledger.ts";
import type { Notify } from "../model/notice.ts";
import type { SourceItem } from "../model/source-item.ts";
import type { Processor } from "../processor/processor.ts";
import type { Runtime } from "../shared/runtime.ts";

export interface IntakeParts {
  readonly items: (signal: AbortSignal) => AsyncIterable<readonly SourceItem[]>;
  readonly processor: Processor;
  readonly outlet: {
    push(frames: readonly Frame[]): void;
    hasRoom(signal: AbortSignal): Promise<void>;
  };
  /** Counts what happened in the cluster, for `tidings.events`. */
  readonly count: (record: EventRecord) => void;
  /** Bytes that the source has read so far. */
  readonly bytesRead: () => number;
  readonly notify: Notify;
  readonly runtime: Runtime;
}

/**
 * The loop from the source to the outlet. Each batch is taken whole in one synchronous turn, so the ledgers hold their
 * identities at every moment that anybody can look; then it waits for room, which holds the source back.
 */
export class Intake {
  readonly #parts: IntakeParts;
  #received = 0;
  #filtered = 0;
  #malformed = 0;
  #accepted = 0;
  #removed = 0;
  #bookmarks = 0;
  #lagMs = 0;
  #hasForgotten = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  ledger(): IntakeLedger {
    return {
      received: this.#received,
      filtered: this.#filtered,
      malformed: this.#malformed,
      accepted: this.#accepted,
      removed: this.#removed,
      bookmarks: this.#bookmarks,
      bytes: this.#parts.bytesRead(),
      lagMs: this.#lagMs,
    };
  }

  /** Until `signal` aborts, or the source ends by itself. What was taken is in the outlet then. */
  async run(encode: (record: EventRecord) => Frame, signal: AbortSignal): Promise<void> {
    const { items, outlet, runtime } = this.#parts;
    for await (const batch of items(signal)) {
      const frames = this.#take(batch, encode, runtime.wallMs());
      if (frames.length > 0) outlet.push(frames);
      this.#noticeForgetting();
      await outlet.hasRoom(signal);
      // Room that came with the stop is none.
      if (signal.aborted) return;
    }
  }

  #noticeForgetting(): void {
    const { processor, notify } = this.#parts;
    const { baselines, baselinesForgotten } = processor.status();
    if (this.#hasForgotten || baselinesForgotten === 0) return;
    this.#hasForgotten = true;
    notify({ kind: "baselines_forgotten", limit: baselines });
  }

  #take(
    batch: readonly SourceItem[],
    encode: (record: EventRecord) => Frame,
    atMs: number,
  ): readonly Frame[] {
    const { processor, count, notify } = this.#parts;
    const frames: Frame[] = [];
    for (const item of batch) {
      switch (item.kind) {
        case "event": {
          this.#received += 1;
          const { record } = processor.accept(item, atMs);
          if (record === undefined) {
            this.#filtered += 1;
            break;
          }
          this.#accepted += 1;
          frames.push(encode(record));
          // What happened before tidings was there is delivered, but would be a spike that never was in a metric.
          if (item.origin === "stored") break;
          count(record);
          if (record.writeTimeMs > 0) this.#lagMs = Math.max(0, atMs - record.writeTimeMs);
          break;
        }
        case "malformed":
          this.#received += 1;
          this.#malformed += 1;
          notify({
            kind: "event_malformed",
            fault: item.fault,
            bytes: item.bytes,
            excerpt: item.excerpt,
          });
          break;
        case "removed":
          this.#removed += 1;
          break;
        case "bookmark":
          this.#bookmarks += 1;
          break;
      }
    }
    return frames;
  }
}
