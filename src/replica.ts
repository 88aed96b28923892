import type { Outlet } from "./delivery/outlet.ts";
import { createApiClient, apiClientDefaults } from "./kubernetes/api-client.ts";
import type { ClusterAccess } from "./kubernetes/cluster-access.ts";
import { clusterUid } from "./kubernetes/cluster-uid.ts";
import { createEventsApi } from "./kubernetes/events-api.ts";
import { createLeaseApi } from "./kubernetes/lease-api.ts";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from "./leader/checkpoint.ts";
import { Leader, type LeaderOptions } from "./leader/leader.ts";
import type { Component } from "./lifecycle/run-all.ts";
import type { EventRecord } from "./model/event-record.ts";
import type { Frame } from "./model/frame.ts";
import type { Ledgers } from "./model/ledger.ts";
import type { Notify } from "./model/notice.ts";
import type { Http } from "./net/http.ts";
import { createEncoder } from "./otlp/encode.ts";
import { Intake } from "./pipeline/intake.ts";
import { gapRecord } from "./processor/gap-record.ts";
import type { Processor } from "./processor/processor.ts";
import { aborted } from "./shared/aborted.ts";
import { assertNever } from "./shared/assert-never.ts";
import type { Runtime } from "./shared/runtime.ts";
import { EventSource, type EventSourceOptions } from "./source/event-source.ts";

export interface ReplicaOptions {
  readonly userAgent: string;
  readonly serviceName: string;
  readonly clusterName: string;
  readonly eventTtlMs: number;
  /** What is read and not settled, in inputs: the queue should be full before. */
  readonly openMax: number;
  /** Without `resume`, which the checkpoint decides. */
  readonly source: Omit<EventSourceOptions, "resume">;
  /** undefined: alone, without a Lease and without a memory. */
  readonly leader: LeaderOptions | undefined;
  /** How long a stop may take to deliver what was read. */
  readonly gracePeriodMs: number;
}

export interface ReplicaParts {
  /** Two ways to the API server: a flood of Events must not hold up a renewal. */
  readonly http: { readonly events: Http; readonly leases: Http };
  readonly access: ClusterAccess;
  readonly processor: Processor;
  readonly outlet: (hooks: OutletHooks) => Outlet;
  /** Counts what happened in the cluster, for `tidings.events`. */
  readonly count: (record: EventRecord) => void;
  readonly runtime: Runtime;
  readonly notify: Notify;
  readonly beats: {
    /** The source's loop turns; `rest`: it waits for room, to lead, or to learn which cluster this is. */
    readonly source: { readonly beat: () => void; readonly rest: () => void };
    readonly leader: { readonly beat: () => void } | undefined;
  };
}

/** What an outlet has to ask and to tell. */
export interface OutletHooks {
  /** Asked before each request: false where another may lead by now. */
  readonly mayAct: () => boolean;
  readonly settled: (frames: readonly Frame[]) => void;
}

/** One tidings between the API server and a backend: it waits to lead, leads for one term, and ends. */
export interface Replica {
  /** In the order to start them in, from the outlet's side to the inlet's; to be stopped the other way round. */
  readonly components: readonly Component[];
  readonly ledgers: Ledgers;
  /** For readiness: it can do its part as a follower, or why it cannot. */
  readonly following: () => { readonly isFollowing: boolean; readonly fault: string | undefined };
}

/** One watch of the whole cluster: the only scope there is. */
const scope = "*";

/**
 * The one place that knows how a replica hangs together. It knows no socket, file or clock, so that the simulation runs
 * several of them in one process, in virtual time.
 */
export function createReplica(options: ReplicaOptions, parts: ReplicaParts): Replica {
  const { runtime, notify, processor, beats } = parts;
  const clientOptions = { ...apiClientDefaults, userAgent: options.userAgent };
  const client = createApiClient(parts.http.events, parts.access, runtime, clientOptions);

  const leader =
    options.leader === undefined
      ? undefined
      : new Leader(options.leader, {
          leases: createLeaseApi(createApiClient(parts.http.leases, parts.access, runtime, clientOptions)),
          checkpoint: () => checkpointText(),
          runtime,
          notify,
          beat: () => beats.leader?.beat(),
        });
  const outlet = parts.outlet({
    mayAct: () => leader?.mayAct() ?? true,
    settled: (frames) => intake.settled(frames),
  });
  const intake = new Intake({
    openMax: options.openMax,
    processor,
    gapRecord,
    outlet: { push: (frames) => outlet.push(frames), hasRoom: (signal) => outlet.hasRoom(signal) },
    beats: beats.source,
    count: parts.count,
    notify,
    runtime,
  });
  /** Ours, once it has begun. */
  let term:
    | { readonly source: EventSource; readonly cluster: string; readonly before: Checkpoint | undefined }
    | undefined;

  /** What the next leader is to go on from; undefined while we have nothing better than what stands there. */
  function checkpointText(): string | undefined {
    if (term === undefined) return undefined;
    const { acknowledged, read, epoch } = intake.position();
    if (acknowledged === undefined && epoch === (term.before?.epoch ?? 0)) return undefined;
    return encodeCheckpoint({
      cluster: term.cluster,
      acknowledged: acknowledged === undefined ? {} : { [scope]: acknowledged },
      read: read === undefined ? {} : { [scope]: read },
      timeMs: runtime.wallMs(),
      epoch,
      writtenMs: term.source.status().writtenMs,
      presentMs: intake.presentMs(),
    });
  }

  async function runTerm(signal: AbortSignal): Promise<void> {
    // However long the API server is away, or another leads.
    beats.source.rest();
    const cluster = await clusterUid(
      client,
      parts.access.tls,
      options.source.backoff,
      runtime,
      notify,
      signal,
    );
    const leadership = leader === undefined ? undefined : await leader.acquired(signal);
    if (signal.aborted || (leader !== undefined && leadership === undefined)) return;
    beats.source.beat();

    const before = checkpointBefore(leadership?.checkpoint, cluster, runtime.wallMs(), notify);
    const acknowledged = before?.acknowledged[scope] ?? "";
    const source = new EventSource(
      createEventsApi(client),
      {
        ...options.source,
        resume:
          before === undefined ? undefined : { resourceVersion: acknowledged, writtenMs: before.writtenMs },
      },
      runtime,
      notify,
      beats.source.beat,
    );
    term = { source, cluster, before };
    const beganMs = runtime.wallMs();
    const presentMs = before === undefined ? beganMs : before.presentMs || before.timeMs;
    // Who leads without a memory may still not be the first one: what began before was perhaps counted by another.
    if (before === undefined && options.source.startFrom === "now") processor.resume(beganMs);
    await intake.run(
      {
        items: (stop) => source.items(stop),
        encoder: createEncoder({
          serviceName: options.serviceName,
          clusterName: options.clusterName,
          clusterUid: cluster,
        }),
        cluster,
        eventTtlMs: options.eventTtlMs,
        currentAtMs: () => source.status().currentAtMs || presentMs,
        before:
          before === undefined
            ? undefined
            : {
                acknowledged,
                timeMs: before.timeMs,
                actedUntilMs:
                  Math.max(before.timeMs, before.writtenMs, leadership?.renewedBeforeMs ?? 0) +
                  (options.leader?.leaseDurationMs ?? 0),
                epoch: before.epoch,
              },
      },
      signal,
    );
  }

  const outletComponent: Component = {
    name: "outlet",
    run: (signal) => runOutlet(outlet, options.gracePeriodMs, runtime, signal, leader?.lost),
  };
  const leaderComponent: readonly Component[] =
    leader === undefined ? [] : [{ name: "leader", run: (signal) => leader.run(signal) }];

  return {
    // The Lease is held until everything read is delivered, and released with the position of that.
    components: [...leaderComponent, outletComponent, { name: "intake", run: runTerm }],
    ledgers: {
      connected: () => term?.source.status().connected ?? false,
      intake: () => ({ ...intake.ledger(), bytes: term?.source.status().bytesRead ?? 0 }),
      delivery: () => outlet.ledger(),
      leader: () => {
        const status = leader?.status();
        return {
          isLeader: status?.isLeader ?? term !== undefined,
          transitions: status?.transitions ?? 0,
          checkpointAgeMs: status?.checkpointAgeMs ?? 0,
          unsettled: intake.position().unsettled,
        };
      },
    },
    following: () => leader?.status() ?? { isFollowing: false, fault: undefined },
  };
}

/** What the leader before us left, where it can be gone by; said where not. */
function checkpointBefore(
  text: string | undefined,
  cluster: string,
  nowMs: number,
  notify: Notify,
): Checkpoint | undefined {
  const reading = decodeCheckpoint(text, cluster);
  switch (reading.kind) {
    case "found": {
      const { checkpoint } = reading;
      const position = checkpoint.acknowledged[scope] ?? "";
      const ageMs = Math.max(0, nowMs - checkpoint.timeMs);
      notify({ kind: "checkpoint_resumed", position, epoch: checkpoint.epoch, ageMs });
      return checkpoint;
    }
    case "absent":
      return undefined;
    case "broken":
      notify({ kind: "checkpoint_refused", why: reading.why });
      return undefined;
    case "newer":
      notify({ kind: "checkpoint_refused", why: `a newer tidings wrote it (version ${reading.version})` });
      return undefined;
    case "older":
      notify({ kind: "checkpoint_refused", why: `it is of a version no longer read (${reading.version})` });
      return undefined;
    case "other_cluster":
      notify({ kind: "checkpoint_refused", why: `it is of another cluster (${reading.cluster})` });
      return undefined;
    default:
      return assertNever(reading);
  }
}

/**
 * Outlives the signal by the grace period: what was read before the stop is delivered, if the backend takes it. Not when
 * leadership is lost: then another reads it again, and nothing more may leave.
 */
async function runOutlet(
  outlet: Outlet,
  gracePeriodMs: number,
  runtime: Runtime,
  signal: AbortSignal,
  lost: AbortSignal | undefined,
): Promise<void> {
  const end = new AbortController();
  const abort = (): void => end.abort();
  lost?.addEventListener("abort", abort);
  if (lost?.aborted === true) abort();
  const running = outlet.run(end.signal);
  await Promise.race([running, aborted(signal)]);
  if (signal.aborted && !end.signal.aborted) {
    using grace = runtime.timeout(gracePeriodMs, end.signal);
    await Promise.race([running, outlet.drain(grace.signal)]);
  }
  abort();
  lost?.removeEventListener("abort", abort);
  await running;
}
