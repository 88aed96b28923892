import type { Writable } from "node:stream";

import type { Config } from "./config/schema.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { fencedHttp } from "./delivery/fenced-http.ts";
import { gzip } from "./delivery/gzip.ts";
import { headersFrom } from "./delivery/headers.ts";
import type { Outlet } from "./delivery/outlet.ts";
import { createStdoutOutlet } from "./delivery/stdout.ts";
import type { ClusterAccess } from "./kubernetes/cluster-access.ts";
import type { LeaderOptions } from "./leader/leader.ts";
import { createAdminServer } from "./lifecycle/admin-server.ts";
import { Health } from "./lifecycle/health.ts";
import { runAll, type RunEnd } from "./lifecycle/run-all.ts";
import type { Ledgers } from "./model/ledger.ts";
import type { Notify } from "./model/notice.ts";
import type { RotatingFileObserver } from "./net/rotating-file.ts";
import { tlsFromFiles } from "./net/tls-files.ts";
import { createTransport, transportDefaults, type Transport } from "./net/transport.ts";
import { customRedactions } from "./processor/custom-redactions.ts";
import { createProcessor } from "./processor/processor.ts";
import { createRedactor } from "./processor/redact.ts";
import { createReplica, type OutletHooks } from "./replica.ts";
import type { Runtime } from "./shared/runtime.ts";
import { eventSourceDefaults } from "./source/event-source.ts";
import { Log } from "./telemetry/log.ts";
import { Metrics, metricsDefaults } from "./telemetry/metrics.ts";

/** What the application finds outside itself. */
export interface World {
  readonly version: string;
  readonly runtime: Runtime;
  /** The way to the cluster; made when the log is there to tell of its files. */
  readonly access: (observer: RotatingFileObserver) => Promise<ClusterAccess>;
  /** Records, for `output: stdout`. */
  readonly stdout: { readonly stream: Writable; readonly format: "json" | "pretty" | "pretty_coloured" };
  /** Log lines. */
  readonly stderr: { readonly stream: Writable; readonly format: "json" | "text"; readonly colour: boolean };
  /** Node's own metrics have timers of the process: not for several applications in one. */
  readonly processMetrics: boolean;
  /** The namespace of the pod that this is; undefined outside of a cluster. */
  readonly podNamespace: string | undefined;
  /** Tells this process from every other that wants to lead. */
  readonly identity: string;
}

export interface App {
  /** Until `signal` aborts or something breaks for good. A stop delivers what was read, within the grace period. */
  run(signal: AbortSignal): Promise<RunEnd>;
  /** Of the admin server; rejects when it cannot listen. Undefined where it is off. */
  readonly listening: Promise<{ readonly port: number }> | undefined;
  /** What was received and what became of it, at this moment. */
  readonly ledgers: Ledgers;
}

/** A loop that has not turned for so long is stuck; its longest wait is the five minutes that a Retry-After may ask for. */
const loopDeadlineMs = 400_000;

/** The account of what is unsettled is to hold more than the queue: no frame is smaller, with what it costs to hold it. */
const frameBytesLeast = 512;
const openMaxLeast = 65_536;

/**
 * The composition root: the parts that touch the world outside, and between them the replica (`replica.ts`), which knows
 * how reading, leading and delivering hang together.
 */
export async function createApp(config: Config, world: World): Promise<App> {
  const { runtime, version } = world;
  const userAgent = `tidings/${version}`;
  const { redact: redactOptions, ...processorOptions } = config.processor;
  const extraRedactions = await customRedactions(redactOptions.patterns);

  // What tidings says of itself
  const redact = createRedactor(redactOptions.builtin, extraRedactions);
  const log = new Log(
    world.stderr.stream,
    { level: config.log.level, format: world.stderr.format, colour: world.stderr.colour },
    runtime,
    (text) => redact(text)?.text ?? text,
  );
  const notify: Notify = (notice) => {
    log.notify(notice);
    metrics.countNotice(notice);
    health.observe(notice);
  };
  // Before anything that may have something to say; the parts they ask are there when they are asked.
  const ledgers: Ledgers = {
    connected: () => replica.ledgers.connected(),
    leader: () => replica.ledgers.leader(),
    intake: () => replica.ledgers.intake(),
    delivery: () => replica.ledgers.delivery(),
  };
  const metrics = new Metrics(
    { ...metricsDefaults, ...config.metrics, version, processMetrics: world.processMetrics },
    ledgers,
    runtime,
    notify,
  );
  const health = new Health(runtime, () => ledgers.intake().received);
  health.configurationChecked();
  const files: RotatingFileObserver = {
    onChange: (path) => notify({ kind: "file_reloaded", path }),
    onFault: (detail) => notify({ kind: "file_failed", detail }),
  };

  // Where records go
  const backend = config.output === "otlp" ? backendTransport(config, files, runtime) : undefined;
  const outlet = (hooks: OutletHooks): Outlet =>
    backend === undefined
      ? createStdoutOutlet(
          { format: world.stdout.format, queue: config.otlp.queue },
          { stream: world.stdout.stream, runtime, notify, mayAct: hooks.mayAct, settled: hooks.settled },
        )
      : createDelivery(
          {
            request: {
              path: pathOf(config.otlp.url),
              timeoutMs: config.otlp.timeoutMs,
              userAgent,
            },
            dialect: config.otlp.dialect,
            queue: config.otlp.queue,
            batch: config.otlp.batch,
            requestsInFlightMax: config.otlp.requestsInFlightMax,
            retry: {
              ...config.otlp.retry,
              heldDelayMs: config.otlp.retry.delayMsMax,
              serverErrorMsMax: 60_000,
            },
          },
          {
            http: fencedHttp(backend.http, hooks.mayAct),
            compress: config.otlp.compression === "gzip" ? gzip : undefined,
            headers: headersFrom(config.otlp.headers, config.otlp.headerFiles, runtime, files),
            runtime,
            notify,
            settled: hooks.settled,
            observe: {
              delivered: (frames, atMs) => metrics.delivered(frames, atMs),
              sent: (outcome, durationMs) => metrics.sent(outcome, durationMs),
            },
          },
        );

  // Where Events come from
  const access = await world.access(files);
  const apiOptions = { ...transportDefaults, ...access };
  const api = createTransport(apiOptions, runtime);
  // A flood of Events on a connection must not hold up the renewals of the Lease.
  const leases = createTransport(apiOptions, runtime);

  const leader = leaderOptions(config, world);
  const replica = createReplica(
    {
      userAgent,
      serviceName: config.otlp.serviceName,
      clusterName: config.cluster.name,
      eventTtlMs: config.cluster.eventTtlMs,
      openMax: Math.max(openMaxLeast, Math.ceil(config.otlp.queue.bytesMax / frameBytesLeast)),
      source: { ...eventSourceDefaults, ...config.source },
      leader,
      gracePeriodMs: config.stop.gracePeriodMs,
    },
    {
      http: { events: api.http, leases: leases.http },
      access,
      processor: createProcessor({
        ...processorOptions,
        // Raised where a term begins, by what is known of the time before it.
        baselineHorizonMs: Number.NEGATIVE_INFINITY,
        redactions: redactOptions.builtin,
        extraRedactions,
      }),
      outlet,
      count: (record) => metrics.countEvent(record),
      runtime,
      notify,
      beats: {
        source: health.loop("source", loopDeadlineMs),
        leader: leader === undefined ? undefined : health.loop("leader", loopDeadlineMs),
      },
    },
  );
  health.follows(replica.following);

  // What others ask of it
  const admin =
    config.http.listen === undefined
      ? undefined
      : createAdminServer(config.http.listen, { metrics: (accept) => metrics.render(accept), health });

  return {
    listening: admin?.ready,
    ledgers,

    async run(signal) {
      const output = config.output === "stdout" ? "standard output" : config.otlp.url;
      notify({ kind: "started", version, cluster: access.describes, output });
      let stoppingMs = runtime.monotonicMs();
      const onStop = (): void => {
        stoppingMs = runtime.monotonicMs();
        notify({ kind: "stopping", cause: String(signal.reason) });
      };
      signal.addEventListener("abort", onStop);
      const logging = new AbortController();
      const written = log.run(logging.signal);
      try {
        const parts = [...(admin === undefined ? [] : [admin]), ...replica.components];
        const end = await runAll(parts, signal, runtime);
        notify({
          kind: "stopped",
          undelivered: ledgers.delivery().queued,
          durationMs: Math.round(runtime.monotonicMs() - stoppingMs),
        });
        return end;
      } finally {
        signal.removeEventListener("abort", onStop);
        await api.close();
        await leases.close();
        await backend?.close();
        logging.abort();
        await written;
        log[Symbol.dispose]();
      }
    },
  };
}

/** Who leads: in a cluster always one of all replicas, by a Lease; outside only where it is asked for. */
function leaderOptions({ leader }: Config, { podNamespace, identity }: World): LeaderOptions | undefined {
  const { election, name, namespace: set, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leader;
  const namespace = set === "" ? (podNamespace ?? "") : set;
  if (election === "never" || (election === "auto" && podNamespace === undefined)) return undefined;
  if (namespace === "") {
    throw new Error("leader.namespace is missing: outside of a cluster the Lease's namespace has to be said");
  }
  return { lease: { namespace, name }, identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

function backendTransport(config: Config, files: RotatingFileObserver, runtime: Runtime): Transport {
  const { url, tls, requestsInFlightMax } = config.otlp;
  return createTransport(
    {
      ...transportDefaults,
      origin: new URL(url).origin,
      // Requests of a megabyte in parallel: connections of their own are simpler and no slower.
      http2: "never",
      maxConnections: requestsInFlightMax,
      headTimeoutMs: config.otlp.timeoutMs,
      tls: tlsFromFiles(
        {
          caFile: given(tls.ca),
          certFile: given(tls.cert),
          keyFile: given(tls.key),
          servername: given(tls.serverName),
          rejectUnauthorized: !tls.insecureSkipVerify,
        },
        runtime,
        files,
      ),
    },
    runtime,
  );
}

/** An empty setting is none. */
function given(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
