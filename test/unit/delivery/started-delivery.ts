import { createDelivery, type DeliveryOptions } from "../../../src/delivery/delivery.ts";
import type { Outlet } from "../../../src/delivery/outlet.ts";
import type { SendParts } from "../../../src/delivery/send.ts";
import type { EventRecord } from "../../../src/model/event-record.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { Notice } from "../../../src/model/notice.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import {
  createOtlpReceiver,
  type OtlpReceiver,
  type OtlpReceiverOptions,
} from "../../../src/standin/otlp-receiver.ts";
import { plainRecord } from "../otlp/generated-records.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

export interface StartedDelivery extends AsyncDisposable {
  readonly outlet: Outlet;
  readonly receiver: OtlpReceiver;
  readonly runtime: VirtualRuntime;
  readonly notices: readonly Notice[];
  /** Frames that were said to be settled, in order. */
  readonly settled: readonly Frame[];
  /** Requests under way at the same time, at most so far. */
  readonly inFlightMax: number;
  /** Fails what must hold at every moment. Called at each request, answer and notice by itself. */
  check(): void;
  /** Stops, as the application does at its end. */
  stop(): Promise<void>;
  /** `log.record.uid` of what the receiver stored, in order. */
  readonly received: readonly string[];
}

export const deliveryOptions: DeliveryOptions = {
  request: { path: "/v1/logs", timeoutMs: 10_000, userAgent: "tidings/test" },
  dialect: "otlp",
  queue: { bytesMax: 1024 * 1024 },
  batch: { recordsMax: 8, bytesMax: 64 * 1024, delayMs: 200 },
  requestsInFlightMax: 3,
  retry: { delayMsInitial: 500, delayMsMax: 30_000, heldDelayMs: 60_000, serverErrorMsMax: 60_000 },
};

/** A delivery in virtual time, with the stand-in receiver for its backend. */
export function startDelivery(
  options: Partial<DeliveryOptions> = {},
  receiverOptions: OtlpReceiverOptions = {},
  replaced: Partial<SendParts> = {},
): StartedDelivery {
  const runtime = new VirtualRuntime();
  const receiver = createOtlpReceiver(runtime, receiverOptions);
  const notices: Notice[] = [];
  const settled: Frame[] = [];
  let inFlight = 0;
  let inFlightMax = 0;
  const outlet = createDelivery(
    { ...deliveryOptions, ...options },
    {
      http: async (request, signal) => {
        inFlight += 1;
        inFlightMax = Math.max(inFlightMax, inFlight);
        check();
        try {
          return await receiver.http(request, signal);
        } finally {
          inFlight -= 1;
          check();
        }
      },
      compress: undefined,
      headers: () => Promise.resolve({}),
      runtime,
      notify: (notice) => {
        notices.push(notice);
        check();
      },
      settled: (frames) => settled.push(...frames),
      ...replaced,
    },
  );
  const stop = new AbortController();
  const running = outlet.run(stop.signal);
  // Heard of by who stops it.
  running.catch(() => undefined);

  function check(): void {
    const { accepted, delivered, queued } = outlet.ledger();
    if (accepted !== delivered + rejectedOf(outlet) + queued) {
      throw new Error(`Identity broken: ${JSON.stringify(outlet.ledger())}`);
    }
    // Each once, and none but those: the position that is acknowledged stands on it.
    if (settled.length !== delivered + rejectedOf(outlet) || new Set(settled).size !== settled.length) {
      throw new Error(`${settled.length} settled: ${JSON.stringify(outlet.ledger())}`);
    }
  }

  async function stopped(): Promise<void> {
    stop.abort();
    await running;
  }

  return {
    outlet,
    receiver,
    runtime,
    notices,
    settled,
    get inFlightMax() {
      return inFlightMax;
    },
    check,
    stop: stopped,
    get received() {
      return receiver.records.map(({ record }) => {
        const uid = record.attributes.get("log.record.uid");
        return typeof uid === "string" ? uid : "";
      });
    },
    [Symbol.asyncDispose]: stopped,
  };
}

export function rejectedOf(outlet: Outlet): number {
  return Object.values(outlet.ledger().rejected).reduce((sum, count) => sum + count, 0);
}

/** Frames with `log.record.uid` "0", "1", …, going on where the last call stopped. */
export function frameMaker(): (count: number, fields?: Partial<EventRecord>) => Frame[] {
  const encoder = createEncoder({ serviceName: "kubernetes-events", clusterName: "", clusterUid: "c5a1" });
  let next = 0;
  return (count, fields) =>
    Array.from({ length: count }, () => {
      const input = next++;
      return encoder.event({ ...plainRecord, ...fields, recordUid: String(input) }, input);
    });
}
