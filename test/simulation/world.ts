import { createDelivery } from "../../src/delivery/delivery.ts";
import { createApiClient } from "../../src/kubernetes/api-client.ts";
import { createEventsApi } from "../../src/kubernetes/events-api.ts";
import type { Notice } from "../../src/model/notice.ts";
import { compareResourceVersions } from "../../src/model/resource-version.ts";
import { createEncoder } from "../../src/otlp/encode.ts";
import { Intake } from "../../src/pipeline/intake.ts";
import { createProcessor, processorDefaults } from "../../src/processor/processor.ts";
import { EventSource, eventSourceDefaults } from "../../src/source/event-source.ts";
import { createApiServer } from "../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../src/standin/api-server/revision-log.ts";
import { createOtlpReceiver } from "../../src/standin/otlp-receiver.ts";
import type { Scenario, Step } from "./scenario.ts";
import { Simulator } from "./simulator.ts";
import { virtualNetwork, type NetworkState } from "./virtual-network.ts";

export interface SimulationResult {
  /** What did not hold; empty when all did. */
  readonly violations: readonly string[];
  /** Equal for equal scenarios. */
  readonly traceHash: string;
  readonly story: readonly string[];
}

/** Virtual time that the world has to come to rest in, once its faults have stopped. */
const restMsMax = 3_600_000;
const pageSize = 50;

/**
 * The real source, processor and delivery between a stand-in API server and a stand-in backend, all in virtual time, put
 * through a scenario. Then the faults stop, the world comes to rest, and what must hold is checked:
 *
 * - both identities, at every step and at the end; the queue within its bound
 * - every Event that the API server holds is delivered in its last state; without a gap, every state of every Event
 * - no state leaves the processor twice, and none that never was
 * - the occurrences of an Event add up to its count
 * - with one request in flight, each namespace arrives in the order of its changes
 */
export async function simulate(scenario: Scenario): Promise<SimulationResult> {
  const simulator = new Simulator(scenario.seed);
  const runtime = simulator.runtime();
  const violations: string[] = [];
  const violated = (what: string): void => {
    simulator.trace(`VIOLATED ${what}`);
    if (violations.length < 10) violations.push(what);
  };
  const notices = new Map<Notice["kind"], number>();
  /** Where the first watch began: what is older was listed, in its newest state only. */
  let startRevision = Number.POSITIVE_INFINITY;
  const notify = (notice: Notice): void => {
    if (notice.kind === "watch_started")
      startRevision = Math.min(startRevision, Number(notice.resourceVersion));
    notices.set(notice.kind, (notices.get(notice.kind) ?? 0) + 1);
    simulator.trace(`notice ${JSON.stringify(notice)}`);
  };

  // The world around
  const cluster = new Cluster(() => runtime.wallMs());
  for (let index = 0; index < scenario.stored; index += 1)
    cluster.put(index % 4, `stored-${index}`, 1 + (index % 3));
  const apiServer = createApiServer(cluster.log, runtime, { chunkBytes: 4096 });
  const backend = createOtlpReceiver(runtime);
  const apiState: NetworkState = { down: false, answersToLose: 0 };
  const backendState: NetworkState = { down: false, answersToLose: 0 };
  const conditions = { latencyMsMax: scenario.latencyMsMax, cutsPieces: true };
  const apiHttp = virtualNetwork("api", apiServer.http, simulator, runtime, conditions, apiState);
  const backendHttp = virtualNetwork("backend", backend.http, simulator, runtime, conditions, backendState);

  // The code under test
  const outlet = createDelivery(
    {
      request: { path: "/v1/logs", timeoutMs: 10_000, userAgent: "simulation" },
      dialect: "otlp",
      queue: { bytesMax: scenario.queueBytesMax },
      batch: { recordsMax: 20, bytesMax: 1024 * 1024, delayMs: 200 },
      requestsInFlightMax: scenario.requestsInFlightMax,
      retry: { delayMsInitial: 500, delayMsMax: 30_000, heldDelayMs: 30_000, serverErrorMsMax: 3_600_000 },
    },
    { http: backendHttp, compress: undefined, headers: () => Promise.resolve({}), runtime, notify },
  );
  const access = {
    origin: "",
    tls: () => Promise.resolve({}),
    proxyUrl: undefined,
    authorization: () => Promise.resolve({}),
    refreshAuthorization: () => Promise.resolve(),
    describes: "simulation",
  };
  const source = new EventSource(
    createEventsApi(createApiClient(apiHttp, access, runtime)),
    { ...eventSourceDefaults, startFrom: scenario.startFrom, pageSize, heldBytesMax: scenario.heldBytesMax },
    runtime,
    notify,
  );
  const { startFrom } = scenario;
  const intake = new Intake({
    items: (signal) => source.items(signal),
    processor: createProcessor({
      ...processorDefaults,
      baselineHorizonMs: startFrom === "stored" ? Number.NEGATIVE_INFINITY : runtime.wallMs(),
    }),
    outlet,
    count: () => {},
    bytesRead: () => source.status().bytesRead,
    notify,
    runtime,
  });

  const left = new Set<string>();
  const occurrences = new Map<string, number>();
  const encoder = createEncoder({ serviceName: "simulation", clusterName: "", clusterUid: "" });
  const encode: typeof encoder = (record) => {
    if (left.has(record.recordUid)) violated(`left the processor twice: ${record.recordUid}`);
    left.add(record.recordUid);
    if (!cluster.states.has(record.recordUid)) violated(`never was: ${record.recordUid}`);
    occurrences.set(record.uid, (occurrences.get(record.uid) ?? 0) + record.occurrences);
    return encoder(record);
  };

  const stop = new AbortController();
  const running = Promise.all([outlet.run(stop.signal), intake.run(encode, stop.signal)]);
  let failed = false;
  running.catch((error: unknown) => {
    failed = true;
    violated(`ended with ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  });

  const checkLedgers = (): void => {
    const { received, filtered, malformed, accepted } = intake.ledger();
    if (received !== filtered + malformed + accepted) violated("received = filtered + malformed + accepted");
    const out = outlet.ledger();
    if (out.accepted !== accepted) violated("accepted by the intake = accepted by the delivery");
    if (out.accepted !== out.delivered + sum(out.rejected) + sum(out.dropped) + out.queued) {
      violated("accepted = delivered + rejected + dropped + queued");
    }
    // One push beyond: a chunk of a watch, or a part of a list.
    const pushBytesMax = 500 * 2048;
    if (out.queuedBytes > scenario.queueBytesMax + pushBytesMax) violated(`queued ${out.queuedBytes} bytes`);
  };

  if (startFrom === "now" || !scenario.early) {
    // Past the start, so that what the scenario adds is new to `startFrom: now` as well.
    const hasStarted = (): boolean => Number.isFinite(startRevision) || failed;
    if (!(await simulator.run(hasStarted, restMsMax))) violated("did not start");
    // Times have whole seconds: one that begins in the second of the start could be from before it.
    await simulator.run(() => failed, simulator.nowMs + 1000);
  }

  for (const step of scenario.steps) {
    await simulator.run(() => failed, simulator.nowMs + step.afterMs);
    simulator.trace(`step ${JSON.stringify(step)}`);
    apply(step);
    checkLedgers();
  }

  function apply(step: Step): void {
    switch (step.kind) {
      case "put":
        cluster.put(step.namespace, `event-${step.namespace}-${step.event}`, step.occurrences);
        break;
      case "burst":
        for (let index = 0; index < step.count; index += 1) cluster.putNew(step.namespace);
        break;
      case "expire":
        cluster.expire(step.count);
        break;
      case "skip":
        cluster.log.skip(step.revisions);
        break;
      case "compact":
        cluster.log.compact(cluster.log.current);
        break;
      case "api_fault":
        apiServer.inject(step.fault);
        break;
      case "backend_fault":
        backend.inject(step.fault);
        break;
      case "network":
        (step.of === "api" ? apiState : backendState).down = step.down;
        break;
      case "lose_answers":
        (step.of === "api" ? apiState : backendState).answersToLose += step.count;
        break;
    }
  }

  // The faults stop.
  apiServer.inject({ kind: "speak" });
  apiServer.inject({ kind: "dribble", bytes: 0, delayMs: 0 });
  backend.recover();
  apiState.down = false;
  backendState.down = false;
  simulator.trace("faults stop");

  const held = cluster.held();
  const missing = (): readonly string[] =>
    held
      .filter(({ revision }) => startFrom === "stored" || revision > startRevision)
      .map(({ recordUid }) => recordUid)
      .filter((recordUid) => !left.has(recordUid));
  const readUpTo = (): number => Number(source.status().position);
  const atRest = (): boolean =>
    failed || (readUpTo() >= cluster.newest && outlet.ledger().queued === 0 && missing().length === 0);
  if (!(await simulator.run(atRest, simulator.nowMs + restMsMax))) {
    violated(`not at rest: ${outlet.ledger().queued} queued, missing ${missing().slice(0, 5).join(", ")}`);
  }
  checkLedgers();
  stop.abort();
  await simulator.run(() => false, simulator.nowMs);
  await running.catch(() => {});

  // What arrived
  const arrived = new Map<string, string>();
  const newestOf = new Map<string, string>();
  for (const { resource, record } of backend.records) {
    const recordUid = textOf(record.attributes.get("log.record.uid"));
    const bytes = JSON.stringify([...record.attributes], (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    const before = arrived.get(recordUid);
    if (before !== undefined) {
      if (before !== bytes) violated(`sent again with other bytes: ${recordUid}`);
      continue;
    }
    arrived.set(recordUid, bytes);
    if (scenario.requestsInFlightMax > 1) continue;
    const namespace = textOf(resource.attributes.get("k8s.namespace.name"));
    const resourceVersion = recordUid.slice(recordUid.indexOf("/") + 1);
    const newest = newestOf.get(namespace);
    if (newest !== undefined && compareResourceVersions(newest, resourceVersion) >= 0) {
      violated(`out of order in ${namespace}: ${resourceVersion} after ${newest}`);
    }
    newestOf.set(namespace, resourceVersion);
  }
  const refused = sum(outlet.ledger().rejected);
  const lost = [...left].filter((recordUid) => !arrived.has(recordUid));
  // Refused, but there: stored by a request before whose answer was lost.
  if (lost.length > refused) violated(`left but did not arrive: ${lost.slice(0, 5).join(", ")}`);

  const gaps = notices.get("list_started") ?? 0;
  if (gaps <= (startFrom === "stored" ? 1 : 0)) {
    for (const [recordUid, revision] of cluster.states) {
      if (revision > startRevision && !left.has(recordUid)) violated(`without a gap, missing ${recordUid}`);
    }
  }
  for (const { name, uid, count, since } of held) {
    if (startFrom === "now" && since <= startRevision) continue;
    if (occurrences.get(uid) !== count) {
      violated(`occurrences of ${name}: ${occurrences.get(uid)}, its count is ${count}`);
    }
  }
  return { violations, traceHash: simulator.traceHash(), story: simulator.story };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

interface HeldEvent {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly since: number;
  count: number;
  revision: number;
}

/** What the cluster's emitters do, and the book of it that the checks go by. */
class Cluster {
  readonly log = new RevisionLog({ firstRevision: 300, slabBytes: 64 * 1024 });
  /** Every state of every Event that ever was: record uid → revision. */
  readonly states = new Map<string, number>();
  /** Revision of the last change of an Event. */
  newest = 0;
  readonly #wallMs: () => number;
  readonly #held = new Map<string, HeldEvent>();
  #made = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  held(): readonly (HeldEvent & { readonly recordUid: string })[] {
    return Array.from(this.#held.values(), (event) => ({
      ...event,
      recordUid: `${event.uid}/${event.revision}`,
    }));
  }

  putNew(namespace: number): void {
    this.#made += 1;
    this.put(namespace, `new-${this.#made}`, 1);
  }

  put(namespaceNumber: number, name: string, occurrences: number): void {
    const namespace = `ns-${namespaceNumber}`;
    const known = this.#held.get(name);
    const count = (known?.count ?? 0) + occurrences;
    // An expired name that comes back is another Event here: recorders go on counting, which only a memory can tell.
    const uid = known?.uid ?? `uid-${this.#held.size}-${this.log.current}`;
    const time = new Date(this.#wallMs()).toISOString().replace(/\.\d+Z$/, "Z");
    const revision = this.log.put({
      metadata: { namespace, name, uid, creationTimestamp: time },
      regarding: { kind: "Pod", namespace, name, uid: `pod-of-${uid}` },
      reason: "Simulated",
      note: `occurrence ${count}`,
      type: "Normal",
      deprecatedCount: count,
      deprecatedFirstTimestamp: time,
      deprecatedLastTimestamp: time,
    });
    this.newest = revision;
    this.states.set(`${uid}/${revision}`, revision);
    if (known === undefined) this.#held.set(name, { namespace, name, uid, since: revision, count, revision });
    else Object.assign(known, { count, revision });
  }

  expire(count: number): void {
    const oldest = [...this.#held.values()].toSorted((a, b) => a.revision - b.revision).slice(0, count);
    this.newest = this.log.deleteMany(oldest) ?? this.newest;
    for (const { name } of oldest) this.#held.delete(name);
  }
}
