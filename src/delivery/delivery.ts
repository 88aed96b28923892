import type { Frame } from "../model/frame.ts";
import type { DeliveryLedger, SendResult } from "../model/ledger.ts";
import type { Notify, RejectReason } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";
import { Waiters } from "../shared/waiters.ts";
import { Gate } from "./gate.ts";
import type { BatchLimits } from "./lane.ts";
import type { Outlet } from "./outlet.ts";
import { FrameQueue, type Batch } from "./queue.ts";
import { sendUntilAnswered, type Answer, type Journey, type RetryOptions } from "./send-until-answered.ts";
import { createSend, type Send, type SendOptions, type SendParts } from "./send.ts";
import { settleBatch } from "./settle-batch.ts";

export interface DeliveryOptions {
  readonly request: SendOptions;
  /** `otlp`: Resources mixed in a request. `loki`: one a request, as Loki answers 204 while it loses of mixed ones. */
  readonly dialect: "otlp" | "loki";
  /** Memory for what is not delivered yet, as `DeliveryLedger.queuedBytes` counts it. */
  readonly queue: { readonly bytesMax: number };
  readonly batch: BatchLimits;
  readonly requestsInFlightMax: number;
  readonly retry: RetryOptions;
}

export interface DeliveryParts extends SendParts {
  readonly notify: Notify;
  /** These will not be heard of again: delivered, or refused for good. Each frame once. */
  readonly settled: (frames: readonly Frame[]) => void;
  readonly observe?: DeliveryObserver;
}

/** For histograms; called once a request. */
export interface DeliveryObserver {
  /** Frames that the backend took at `acknowledgedAtMs` (wall clock), to compare with their `writeTimeMs`. */
  delivered(frames: readonly Frame[], acknowledgedAtMs: number): void;
  sent(outcome: SendResult, durationMs: number): void;
}

/**
 * Delivers frames to an OTLP endpoint over HTTP: queue, batches, several requests in flight, and one gate before them
 * (`gate.ts`). At least once: a request whose answer was lost is sent again. First in, first out; while a request is
 * tried again, later ones that were in flight with it may have overtaken it.
 */
export function createDelivery(options: DeliveryOptions, parts: DeliveryParts): Outlet {
  return new Delivery(options, parts);
}

/** A batch that was taken from the queue; `unsettled` is what is left of it. */
interface InFlight extends Journey {
  readonly oldestArrivalMs: number;
  unsettled: number;
}

class Delivery implements Outlet {
  readonly #options: DeliveryOptions;
  readonly #runtime: Runtime;
  readonly #notify: Notify;
  readonly #settled: (frames: readonly Frame[]) => void;
  readonly #observe: DeliveryObserver | undefined;
  readonly #send: Send;
  readonly #queue: FrameQueue;
  readonly #gate: Gate;

  readonly #inFlight = new Set<InFlight>();
  /** For the loop in `run`: something to take, or a place in flight. */
  readonly #changed = new Waiters();
  readonly #emptied = new Waiters();
  #waiting = 0;
  #draining = false;

  #accepted = 0;
  #delivered = 0;
  readonly #rejected: Record<RejectReason, number> = {
    invalid: 0,
    too_large: 0,
    partial_success: 0,
    server_error: 0,
  };
  readonly #sends: Record<SendResult, number> = {
    delivered: 0,
    retryable: 0,
    server_error: 0,
    held: 0,
    divide: 0,
    aborted: 0,
  };

  constructor(options: DeliveryOptions, parts: DeliveryParts) {
    this.#options = options;
    this.#runtime = parts.runtime;
    this.#notify = parts.notify;
    this.#settled = parts.settled;
    this.#observe = parts.observe;
    this.#send = this.#counted(createSend(options.request, parts));
    const order = options.dialect === "loki" ? "one_resource" : "mixed";
    this.#queue = new FrameQueue(
      { ...options.queue, batch: options.batch, order },
      parts.runtime,
      parts.notify,
    );
    this.#gate = new Gate(options.retry, parts.runtime, parts.notify);
  }

  push(frames: readonly Frame[]): void {
    this.#accepted += frames.length;
    this.#waiting += frames.length;
    if (this.#queue.push(frames)) this.#changed.release();
  }

  hasRoom(signal: AbortSignal): Promise<void> {
    return this.#queue.hasRoom(signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    // A bug in one batch ends them all, and the process with them.
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    const journeys = new Set<Promise<void>>();
    const faults: unknown[] = [];
    try {
      while (!stop.signal.aborted) {
        for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
          const journey = this.#settle(batch, stop.signal).catch((error: unknown) => {
            faults.push(error);
            abort();
          });
          journeys.add(journey);
          void journey.then(() => journeys.delete(journey));
        }
        await this.#change(stop.signal);
      }
      await Promise.all(journeys);
    } finally {
      signal.removeEventListener("abort", abort);
    }
    if (faults.length > 0) throw faults[0];
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    this.#changed.release();
    this.#gate.hurry();
    while (this.#queue.records > 0 && !signal.aborted) await this.#emptied.wait(signal);
  }

  ledger(): DeliveryLedger {
    let inFlight = 0;
    let oldestArrivalMs = this.#queue.oldestArrivalMs;
    for (const batch of this.#inFlight) {
      inFlight += batch.unsettled;
      oldestArrivalMs = Math.min(oldestArrivalMs, batch.oldestArrivalMs);
    }
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      rejected: { ...this.#rejected },
      // Nothing is: what a stop leaves undelivered stays queued, and is read again by who comes next.
      dropped: { stopped: 0 },
      queued: this.#waiting + inFlight,
      queuedBytes: this.#queue.bytes,
      oldestAgeMs:
        oldestArrivalMs === Number.POSITIVE_INFINITY ? 0 : this.#runtime.monotonicMs() - oldestArrivalMs,
      sends: { ...this.#sends },
    };
  }

  /** The next batch, if one may be sent now. */
  #next(): Batch | undefined {
    if (this.#inFlight.size >= this.#options.requestsInFlightMax || !this.#gate.open) return undefined;
    return this.#queue.take(this.#draining);
  }

  /** Resolves when `#next` may have another answer. */
  async #change(signal: AbortSignal): Promise<void> {
    const dueAtMs = this.#queue.dueAtMs();
    const mayTake = this.#inFlight.size < this.#options.requestsInFlightMax && this.#gate.open;
    if (!mayTake || dueAtMs === Number.POSITIVE_INFINITY) {
      await this.#changed.wait(signal);
      return;
    }
    using timer = this.#runtime.timeout(Math.max(0, dueAtMs - this.#runtime.monotonicMs()), signal);
    await this.#changed.wait(timer.signal);
  }

  async #settle(batch: Batch, signal: AbortSignal): Promise<void> {
    const { frames, oldestArrivalMs } = batch;
    const entry: InFlight = { oldestArrivalMs, unsettled: frames.length, serverErrorSinceMs: undefined };
    this.#waiting -= frames.length;
    this.#inFlight.add(entry);
    const parts = { send: this.#send, gate: this.#gate, runtime: this.#runtime, retry: this.#options.retry };
    const ask = async (part: readonly Frame[]): Promise<Answer> => {
      const answer = await sendUntilAnswered(part, entry, parts, signal);
      // It may have opened the gate.
      this.#changed.release();
      return answer;
    };
    await settleBatch(frames, ask, {
      delivered: (part, rejected, message) => {
        this.#delivered += part.length - rejected;
        this.#rejected.partial_success += rejected;
        this.#free(entry, part);
        this.#observe?.delivered(part, this.#runtime.wallMs());
        if (rejected > 0) {
          this.#notify({
            kind: "records_rejected",
            reason: "partial_success",
            count: rejected,
            detail: message,
          });
        } else if (message !== "") {
          this.#notify({ kind: "backend_warned", detail: message });
        }
      },
      rejected: (part, reason, message) => {
        this.#rejected[reason] += part.length;
        this.#free(entry, part);
        this.#notify({ kind: "records_rejected", reason, count: part.length, detail: message });
      },
    });
    this.#gate.left(entry);
    // An aborted batch stays: its records are still queued.
    if (entry.unsettled === 0) this.#inFlight.delete(entry);
    this.#changed.release();
    if (this.#queue.records === 0) this.#emptied.release();
  }

  /** The books are made before: the queue may notify, and who hears it may look at them. */
  #free(entry: InFlight, frames: readonly Frame[]): void {
    entry.unsettled -= frames.length;
    this.#settled(frames);
    this.#queue.settle(frames);
  }

  #counted(send: Send): Send {
    return async (frames, signal) => {
      const startedAtMs = this.#runtime.monotonicMs();
      const outcome = await send(frames, signal);
      this.#sends[outcome.kind] += 1;
      this.#observe?.sent(outcome.kind, this.#runtime.monotonicMs() - startedAtMs);
      return outcome;
    };
  }
}
