import * as fc from "fast-check";

import type { ApiServerFault } from "../../src/standin/api-server/fault.ts";
import type { ReceiverFault } from "../../src/standin/receiver-fault.ts";
import type { Condition } from "./link.ts";

/** The way of one replica to one of the three that it talks to, or to all. */
export type Way = "events" | "leases" | "backend" | "all";

/** One thing that happens to the world, `afterMs` after the one before. Plain values, so that a failure shrinks. */
export type Step = { readonly afterMs: number } & Happening;

export type Happening =
  // The cluster's Events
  /** `occurrences` more of the Event number `event` in namespace number `namespace`. */
  | {
      readonly kind: "put";
      readonly namespace: number;
      readonly event: number;
      readonly occurrences: number;
      /** The emitter has forgotten it and begins to count again. */
      readonly anew: boolean;
    }
  /** So many new Events at once. */
  | { readonly kind: "burst"; readonly namespace: number; readonly count: number }
  /** The oldest `count` Events whose time to live is over go, in one revision. */
  | { readonly kind: "expire"; readonly count: number }
  /** `kubectl delete`. */
  | { readonly kind: "remove"; readonly count: number }
  /** Other objects of the cluster change. */
  | { readonly kind: "skip"; readonly revisions: number }
  /** etcd forgets everything but the newest states, and the history of the last `keep` revisions. */
  | { readonly kind: "compact"; readonly keep: number }
  /** etcd is stopped, and comes back as it was `back` revisions ago; with `bump`, its revisions go on beyond all others. */
  | { readonly kind: "restore"; readonly back: number; readonly bump: boolean; readonly downMs: number }
  // Servers
  | { readonly kind: "api_fault"; readonly fault: ApiServerFault }
  | { readonly kind: "backend_fault"; readonly fault: ReceiverFault }
  /** The whole server is away: to everybody. */
  | { readonly kind: "outage"; readonly of: "api" | "backend"; readonly forMs: number }
  // The Lease, by the hand of others
  | { readonly kind: "lease"; readonly deed: LeaseDeed }
  // Replicas; `replica` counts those that run, and begins again beyond the last
  | { readonly kind: "crash"; readonly replica: number; readonly downMs: number }
  /** SIGTERM. `surge`: the new one begins at once, beside it. */
  | { readonly kind: "restart"; readonly replica: number; readonly surge: boolean }
  | {
      readonly kind: "pause";
      readonly replica: number;
      readonly how: "stop" | "suspend";
      readonly forMs: number;
    }
  | { readonly kind: "clock"; readonly replica: number; readonly byMs: number }
  | {
      readonly kind: "partition";
      readonly replica: number;
      readonly way: Way;
      readonly how: Exclude<Condition, "up">;
      readonly forMs: number;
    }
  | { readonly kind: "lose_answers"; readonly replica: number; readonly way: Way; readonly count: number };

export type LeaseDeed = "annotate" | "label" | "delete" | "break_checkpoint" | "foreign_checkpoint";

export interface Scenario {
  /** Of everything that is chance while the scenario runs: latencies, cuts, jitter. */
  readonly seed: number;
  readonly replicas: number;
  /** Client-go's, or a fifth of them. */
  readonly lease: "default" | "short";
  /** RBAC allows to read the namespace kube-system, whose uid is the cluster's; else a hash of the CA is. */
  readonly mayReadNamespace: boolean;
  readonly startFrom: "stored" | "now";
  readonly eventTtlMs: number;
  /** Events stored before the start. */
  readonly stored: number;
  /** The steps begin while the first leader is still to be found; only with `stored`. */
  readonly early: boolean;
  readonly requestsInFlightMax: number;
  readonly queueBytesMax: number;
  readonly heldBytesMax: number;
  readonly baselinesMax: number;
  readonly latencyMsMax: number;
  readonly steps: readonly Step[];
}

/** How long a replica that crashed stays away, at most. */
export const crashedMsMax = 30_000;

const few = fc.integer({ min: 1, max: 3 });
const replica = fc.nat(2);
const whileMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 50, max: 4000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 4000, max: 40_000 }) },
);

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
  fc
    .tuple(few, fc.constantFrom(409, 500, 503, 504), fc.boolean())
    .map(([count, status, isDone]): ApiServerFault => ({
      kind: "answer",
      count,
      status,
      resource: "leases",
      verb: "update",
      isDone: isDone && status >= 500,
    })),
  fc.tuple(few, fc.boolean()).map(([count, isDone]): ApiServerFault => ({
    kind: "hang",
    count,
    forMs: 20_000,
    resource: "leases",
    isDone,
  })),
  fc.constantFrom(0, 7).map((bytes): ApiServerFault => ({ kind: "dribble", bytes: bytes * 37, delayMs: 5 })),
);

const backendFault: fc.Arbitrary<ReceiverFault> = fc.oneof(
  fc
    .tuple(few, fc.constantFrom(400, 401, 404, 413, 429, 500, 502, 503, 504), fc.boolean())
    .map(([count, status, store]): ReceiverFault => ({ kind: "answer", count, status, store })),
  few.map((count): ReceiverFault => ({
    kind: "answer",
    count,
    status: 429,
    headers: { "retry-after": "7" },
  })),
  fc.tuple(few, few).map(([count, rejected]): ReceiverFault => ({
    kind: "partial_success",
    count,
    rejected,
    message: "refused",
  })),
  few.map((count): ReceiverFault => ({ kind: "delay", count, forMs: 4000 })),
  few.map((count): ReceiverFault => ({ kind: "delay", count, forMs: 60_000 })),
  few.map((count): ReceiverFault => ({ kind: "lose_answer", count, code: "reset" })),
  few.map((count): ReceiverFault => ({ kind: "refuse", count, code: "refused" })),
);

const put = fc.record({
  kind: fc.constant("put" as const),
  namespace: fc.nat(2),
  event: fc.nat(4),
  occurrences: fc.nat(40),
  anew: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 20, arbitrary: put },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("burst" as const),
      namespace: fc.nat(2),
      count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 80 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("expire" as const), count: fc.constantFrom(3, 1000) }),
  },
  fc.record({ kind: fc.constant("remove" as const), count: few }),
  fc.record({ kind: fc.constant("skip" as const), revisions: fc.integer({ min: 1, max: 300 }) }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("compact" as const), keep: fc.constantFrom(0, 0, 5, 50) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restore" as const),
      back: fc.oneof(fc.nat(10), fc.nat(100)),
      bump: fc.boolean(),
      downMs: fc.integer({ min: 12_000, max: 30_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("api_fault" as const), fault: apiFault }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("backend_fault" as const), fault: backendFault }) },
  fc.record({
    kind: fc.constant("outage" as const),
    of: fc.constantFrom("api" as const, "backend" as const),
    forMs: whileMs,
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lease" as const),
      deed: fc.constantFrom<LeaseDeed[]>(
        "annotate",
        "annotate",
        "label",
        "delete",
        "break_checkpoint",
        "foreign_checkpoint",
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      replica,
      downMs: fc.oneof(fc.nat(500), fc.nat(crashedMsMax)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("restart" as const), replica, surge: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pause" as const),
      replica,
      how: fc.constantFrom("stop" as const, "suspend" as const),
      forMs: whileMs,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("clock" as const),
      replica,
      byMs: fc.constantFrom(-3_600_000, -5000, 3000, 3_600_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("partition" as const),
      replica,
      way: fc.constantFrom<Way[]>("events", "leases", "leases", "backend", "all"),
      how: fc.constantFrom("refused" as const, "silent" as const, "one_way" as const, "slow" as const),
      forMs: whileMs,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("lose_answers" as const),
      replica,
      way: fc.constantFrom<Way[]>("events", "leases", "leases", "backend"),
      count: few,
    }),
  },
);

const afterMs = fc.oneof(
  { weight: 8, arbitrary: fc.nat(20) },
  { weight: 6, arbitrary: fc.nat(2000) },
  { weight: 2, arbitrary: fc.nat(20_000) },
);

const step = fc.tuple(afterMs, happening).map(([delayMs, what]) => stepOf(delayMs, what));

function stepOf(delayMs: number, what: Happening): Step {
  return { afterMs: delayMs, ...what };
}

// Without bias: fast-check's first runs are small on purpose, and here every run is a first one.
export const scenarios: fc.Arbitrary<Scenario> = fc.noBias(
  fc.record({
    seed: fc.nat(),
    replicas: fc.integer({ min: 1, max: 3 }),
    lease: fc.constantFrom("default" as const, "short" as const),
    mayReadNamespace: fc.constantFrom(true, true, true, true, false),
    startFrom: fc.constantFrom("stored" as const, "stored" as const, "now" as const),
    eventTtlMs: fc.constantFrom(20_000, 60_000, 3_600_000),
    stored: fc.nat(80),
    early: fc.boolean(),
    requestsInFlightMax: fc.constantFrom(1, 3),
    queueBytesMax: fc.constantFrom(8192, 1024 * 1024),
    heldBytesMax: fc.constantFrom(4096, 1024 * 1024),
    baselinesMax: fc.constantFrom(20, 2000, 2000),
    latencyMsMax: fc.constantFrom(0, 3, 50),
    steps: fc.array(step, { maxLength: 40, size: "max" }),
  }),
);
