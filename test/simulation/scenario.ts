import * as fc from "fast-check";

import type { ApiServerFault } from "../../src/standin/api-server/fault.ts";
import type { ReceiverFault } from "../../src/standin/receiver-fault.ts";

/** One thing that happens to the world, `afterMs` after the one before. Plain values, so that a failure shrinks. */
export type Step = { readonly afterMs: number } &
  /** `occurrences` more of the Event number `event` in namespace number `namespace`. */
  (
    | {
        readonly kind: "put";
        readonly namespace: number;
        readonly event: number;
        readonly occurrences: number;
      }
    /** So many new Events at once. */
    | { readonly kind: "burst"; readonly namespace: number; readonly count: number }
    /** The TTL of the oldest `count` Events ends, in one revision. */
    | { readonly kind: "expire"; readonly count: number }
    /** Other objects of the cluster change. */
    | { readonly kind: "skip"; readonly revisions: number }
    /** etcd forgets everything but the newest states. */
    | { readonly kind: "compact" }
    | { readonly kind: "api_fault"; readonly fault: ApiServerFault }
    | { readonly kind: "backend_fault"; readonly fault: ReceiverFault }
    | { readonly kind: "network"; readonly of: "api" | "backend"; readonly down: boolean }
    | { readonly kind: "lose_answers"; readonly of: "api" | "backend"; readonly count: number }
  );

type WithoutTime<Timed> = Timed extends { readonly afterMs: number } ? Omit<Timed, "afterMs"> : never;

export interface Scenario {
  /** Of everything that is chance while the scenario runs: latencies, cuts, jitter. */
  readonly seed: number;
  readonly startFrom: "stored" | "now";
  /** Events stored before the start. */
  readonly stored: number;
  /** The steps begin while the first list is still under way; only with `stored`. */
  readonly early: boolean;
  readonly requestsInFlightMax: number;
  readonly queueBytesMax: number;
  readonly heldBytesMax: number;
  readonly latencyMsMax: number;
  readonly steps: readonly Step[];
}

const few = fc.integer({ min: 1, max: 3 });

const apiFault: fc.Arbitrary<ApiServerFault> = fc.oneof(
  fc.constant<ApiServerFault>({ kind: "end_watches" }),
  fc.boolean().map((midLine): ApiServerFault => ({ kind: "break_watches", code: "reset", midLine })),
  fc.constantFrom(410, 500, 504).map((code): ApiServerFault => ({ kind: "watch_error", code })),
  fc.constant<ApiServerFault>({ kind: "watch_line", line: '{"type":"ADDED","object":{"broken":' }),
  fc.constant<ApiServerFault>({ kind: "bookmark" }),
  fc.constant<ApiServerFault>({ kind: "silence" }),
  fc.constant<ApiServerFault>({ kind: "speak" }),
  fc
    .tuple(few, fc.constantFrom(401, 403, 410, 429, 500, 503, 504))
    .map(([count, status]): ApiServerFault => ({ kind: "answer", count, status, retryAfterSeconds: 1 })),
  few.map((count): ApiServerFault => ({ kind: "hang", count, forMs: 60_000 })),
  few.map((count): ApiServerFault => ({ kind: "refuse", count, code: "silent" })),
  fc.constantFrom(0, 7).map((bytes): ApiServerFault => ({ kind: "dribble", bytes: bytes * 37, delayMs: 5 })),
);

const backendFault: fc.Arbitrary<ReceiverFault> = fc.oneof(
  fc
    .tuple(few, fc.constantFrom(401, 404, 413, 429, 500, 502, 503, 504))
    .map(([count, status]): ReceiverFault => ({ kind: "answer", count, status })),
  few.map((count): ReceiverFault => ({
    kind: "answer",
    count,
    status: 429,
    headers: { "retry-after": "7" },
  })),
  few.map((count): ReceiverFault => ({ kind: "delay", count, forMs: 4000 })),
  few.map((count): ReceiverFault => ({ kind: "delay", count, forMs: 60_000 })),
  few.map((count): ReceiverFault => ({ kind: "lose_answer", count, code: "reset" })),
  few.map((count): ReceiverFault => ({ kind: "refuse", count, code: "refused" })),
);

const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      namespace: fc.nat(3),
      event: fc.nat(5),
      occurrences: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("burst" as const),
      namespace: fc.nat(3),
      count: fc.integer({ min: 1, max: 120 }),
    }),
  },
  fc.record({ kind: fc.constant("expire" as const), count: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant("skip" as const), revisions: fc.integer({ min: 1, max: 1000 }) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("compact" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("api_fault" as const), fault: apiFault }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("backend_fault" as const), fault: backendFault }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("network" as const),
      of: fc.constantFrom("api" as const, "backend" as const),
      down: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant("lose_answers" as const),
    of: fc.constantFrom("api" as const, "backend" as const),
    count: few,
  }),
);

const afterMs = fc.oneof(
  { weight: 4, arbitrary: fc.nat(20) },
  { weight: 2, arbitrary: fc.nat(2000) },
  { weight: 1, arbitrary: fc.nat(30_000) },
  // Longer than a watch.
  { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 400_000 }) },
);

const step = fc.tuple(afterMs, happening).map(([delayMs, what]) => stepOf(delayMs, what));

function stepOf(delayMs: number, what: WithoutTime<Step>): Step {
  return { afterMs: delayMs, ...what };
}

// Without bias: fast-check's first runs are small on purpose, and here every run is a first one.
export const scenarios: fc.Arbitrary<Scenario> = fc.noBias(
  fc.record({
    seed: fc.nat(),
    startFrom: fc.constantFrom("stored" as const, "now" as const),
    stored: fc.nat(200),
    early: fc.boolean(),
    requestsInFlightMax: fc.constantFrom(1, 3),
    queueBytesMax: fc.constantFrom(8192, 1024 * 1024),
    heldBytesMax: fc.constantFrom(4096, 1024 * 1024),
    latencyMsMax: fc.constantFrom(0, 3, 50),
    steps: fc.array(step, { maxLength: 60, size: "max" }),
  }),
);
