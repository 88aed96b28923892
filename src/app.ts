import type { Writable } from "node:stream";

import type { Config } from "./config/schema.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { gzip } from "./delivery/gzip.ts";
import { headersFrom } from "./delivery/headers.ts";
import type { Outlet } from "./delivery/outlet.ts";
import { createStdoutOutlet } from "./delivery/stdout.ts";
import { createApiClient, apiClientDefaults } from "./kubernetes/api-client.ts";
import type { ClusterAccess } from "./kubernetes/cluster-access.ts";
import { clusterUid } from "./kubernetes/cluster-uid.ts";
import { createEventsApi } from "./kubernetes/events-api.ts";
import { createAdminServer } from "./lifecycle/admin-server.ts";
import { Health } from "./lifecycle/health.ts";
import { runAll, type Component, type RunEnd } from "./lifecycle/run-all.ts";
import type { Ledgers } from "./model/ledger.ts";
import type { Notify } from "./model/notice.ts";
import type { RotatingFileObserver } from "./net/rotating-file.ts";
import { tlsFromFiles } from "./net/tls-files.ts";
import { createTransport, transportDefaults, type Transport } from "./net/transport.ts";
import { createEncoder } from "./otlp/encode.ts";
import { Intake } from "./pipeline/intake.ts";
import { customRedactions } from "./processor/custom-redactions.ts";
import { createProcessor } from "./processor/processor.ts";
import { createRedactor } from "./processor/redact.ts";
import { aborted } from "./shared/aborted.ts";
import type { Runtime } from "./shared/runtime.ts";
import { EventSource, eventSourceDefaults } from "./source/event-source.ts";
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

/** The composition root: every part and how they hang together, from the outlet to the inlet. */
export async function createApp(config: Config, world: World): Promise<App> {
  const { runtime, version } = world;
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
    connected: () => source.status().connected,
    intake: () => intake.ledger(),
    delivery: () => outlet.ledger(),
  };
  const metrics = new Metrics(
    { ...metricsDefaults, ...config.metrics, version, processMetrics: world.processMetrics },
    ledgers,
    runtime,
    notify,
  );
  const health = new Health(runtime, () => intake.ledger().received);
  health.configurationChecked();
  const heartbeat = health.loop("source", loopDeadlineMs);
  // Until its first turn, which waits for the cluster's uid.
  heartbeat.rest();
  const files: RotatingFileObserver = {
    onChange: (path) => notify({ kind: "file_reloaded", path }),
    onFault: (detail) => notify({ kind: "file_failed", detail }),
  };

  // The outlet
  const backend = config.output === "otlp" ? backendTransport(config, files, runtime) : undefined;
  const outlet: Outlet =
    backend === undefined
      ? createStdoutOutlet(
          { format: world.stdout.format, queue: config.otlp.queue },
          { stream: world.stdout.stream, runtime, notify },
        )
      : createDelivery(
          {
            request: {
              path: pathOf(config.otlp.url),
              timeoutMs: config.otlp.timeoutMs,
              userAgent: `tidings/${version}`,
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
            http: backend.http,
            compress: config.otlp.compression === "gzip" ? gzip : undefined,
            headers: headersFrom(config.otlp.headers, config.otlp.headerFiles, runtime, files),
            runtime,
            notify,
            observe: {
              delivered: (frames, atMs) => metrics.delivered(frames, atMs),
              sent: (outcome, durationMs) => metrics.sent(outcome, durationMs),
            },
          },
        );

  // The inlet
  const access = await world.access(files);
  const api = createTransport({ ...transportDefaults, ...access }, runtime);
  const client = createApiClient(api.http, access, runtime, {
    ...apiClientDefaults,
    userAgent: `tidings/${version}`,
  });
  const source = new EventSource(
    createEventsApi(client),
    { ...eventSourceDefaults, ...config.source },
    runtime,
    notify,
    heartbeat.beat,
  );
  const processor = createProcessor({
    ...processorOptions,
    baselineHorizonMs: config.source.startFrom === "stored" ? Number.NEGATIVE_INFINITY : runtime.wallMs(),
    redactions: redactOptions.builtin,
    extraRedactions,
  });
  const intake = new Intake({
    items: (signal) => source.items(signal),
    processor,
    outlet: {
      push: (frames) => outlet.push(frames),
      // However long the endpoint is away, the loop is not stuck: a restart would only lose what is queued.
      async hasRoom(signal) {
        heartbeat.rest();
        await outlet.hasRoom(signal);
        heartbeat.beat();
      },
    },
    count: (record) => metrics.countEvent(record),
    bytesRead: () => source.status().bytesRead,
    notify,
    runtime,
  });

  // What others ask of it
  const admin =
    config.http.listen === undefined
      ? undefined
      : createAdminServer(config.http.listen, { metrics: (accept) => metrics.render(accept), health });

  const outletComponent: Component = {
    name: "outlet",
    run: (signal) => runOutlet(outlet, config.stop.gracePeriodMs, runtime, signal),
  };
  const inletComponent: Component = {
    name: "intake",
    async run(signal) {
      const uid = await clusterUid(client, access.tls, eventSourceDefaults.backoff, runtime, notify, signal);
      const { serviceName } = config.otlp;
      const encode = createEncoder({ serviceName, clusterName: config.cluster.name, clusterUid: uid });
      await intake.run(encode, signal);
    },
  };

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
        const parts = [...(admin === undefined ? [] : [admin]), outletComponent, inletComponent];
        const end = await runAll(parts, signal, runtime);
        notify({
          kind: "stopped",
          undelivered: outlet.ledger().queued,
          durationMs: Math.round(runtime.monotonicMs() - stoppingMs),
        });
        return end;
      } finally {
        signal.removeEventListener("abort", onStop);
        await api.close();
        await backend?.close();
        logging.abort();
        await written;
        log[Symbol.dispose]();
      }
    },
  };
}

/** Outlives the signal by the grace period: what was read before the stop is delivered, if the backend takes it. */
async function runOutlet(
  outlet: Outlet,
  gracePeriodMs: number,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const running = outlet.run(end.signal);
  await Promise.race([running, aborted(signal)]);
  if (signal.aborted) {
    using grace = runtime.timeout(gracePeriodMs);
    await Promise.race([running, outlet.drain(grace.signal)]);
  }
  end.abort();
  await running;
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
