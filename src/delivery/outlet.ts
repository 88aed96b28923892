import type { Frame } from "../model/frame.ts";
import type { DeliveryLedger } from "../model/ledger.ts";

/**
 * Where frames leave the process: an OTLP endpoint (`delivery.ts`) or standard output (`stdout.ts`). Runs longer than
 * the source and the processor: they stop first, then `drain`, then `run` is aborted.
 */
export interface Outlet {
  /** Takes frames, whether there is room or not, and never waits. Who can wait asks `hasRoom` before. */
  push(frames: readonly Frame[]): void;
  /** Resolves when there is room, or as soon as `signal` aborts. Never rejects. */
  hasRoom(signal: AbortSignal): Promise<void>;
  /**
   * Delivers until `signal` aborts, then resolves once nothing is in flight any more. What is undelivered then stays
   * `queued`: it is not settled, and whoever resumes from the acknowledged position reads it again. Called once.
   * Rejects on a bug, and on an output that is broken for good.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Hurries everything out, while `run` goes on; resolves when nothing is queued or as soon as `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** The books, from one synchronous moment. */
  ledger(): DeliveryLedger;
}
