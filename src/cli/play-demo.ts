import { fileURLToPath } from "node:url";

import { createApp } from "../app.ts";
import { configSchema } from "../config/schema.ts";
import { formatRecordLine } from "../delivery/record-line.ts";
import type { ClusterAccess } from "../kubernetes/cluster-access.ts";
import type { Ledgers } from "../model/ledger.ts";
import { systemRuntime } from "../shared/system-runtime.ts";
import { readRecording } from "../source/recording.ts";
import { createApiServer } from "../standin/api-server/handler.ts";
import { RevisionLog } from "../standin/api-server/revision-log.ts";
import { createAuthority } from "../standin/certificate.ts";
import { serveHttp } from "../standin/face.ts";
import { createOtlpReceiver } from "../standin/otlp-receiver.ts";
import { playRecording } from "../standin/player.ts";
import { hasColour, styled } from "./colour.ts";
import type { DemoOptions } from "./demo.ts";
import type { Io } from "./io.ts";
import { explain, worldOf } from "./run-app.ts";

const recordingPath = fileURLToPath(new URL("../../recordings/incident.jsonl.gz", import.meta.url));
const token = "demo";

/**
 * `tidings demo`: a recorded cluster, played by an API server of our own over HTTP/2 and TLS to the real exporter, which
 * delivers over HTTP to a receiver of our own, or to the endpoint given. Resolves with the exit code.
 */
export async function playDemo(options: DemoOptions, io: Io): Promise<number> {
  const runtime = systemRuntime;
  const colour = hasColour(io.stdout, io.environment);
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  const bold = (text: string): string => (colour ? styled("bold", text) : text);

  const recording = await readRecording(recordingPath);
  const log = new RevisionLog();
  const nowMs = runtime.wallMs();
  const authority = createAuthority({
    commonName: "tidings demo",
    validFromMs: nowMs - 3_600_000,
    validToMs: nowMs + 86_400_000,
  });
  const certificate = authority.issue({
    commonName: "127.0.0.1",
    ipAddresses: ["127.0.0.1"],
    validFromMs: nowMs - 3_600_000,
    validToMs: nowMs + 86_400_000,
  });
  const apiServer = createApiServer(log, runtime, { users: { [token]: "demo" } });
  await using apiFace = await serveHttp(apiServer.http, { tls: { certificate }, http2: true });

  const receiver = createOtlpReceiver(runtime, {
    onRecords: (records) => {
      for (const { resource, record } of records) {
        say(formatRecordLine({ resource: resource.attributes, logRecord: record }, { colour }));
      }
    },
  });
  await using receiverFace = await serveHttp(receiver.http, { http2: false });

  const endpoint = options.endpoint ?? receiverFace.origin;
  const config = configSchema.parse({
    cluster: { name: recording.header.cluster },
    otlp: { endpoint, batch: { delay: "50ms" } },
    http: { listen: "off" },
    // A demo is stopped by a person who waits.
    stop: { gracePeriod: "2s" },
    log: { level: "warn" },
  });
  const access: ClusterAccess = {
    origin: apiFace.origin,
    tls: () => Promise.resolve({ ca: authority.caPem }),
    proxyUrl: undefined,
    authorization: () => Promise.resolve({ authorization: `Bearer ${token}` }),
    refreshAuthorization: () => Promise.resolve(),
    describes: "the recording",
  };
  const app = await createApp(config, {
    ...worldOf(config, io),
    access: () => Promise.resolve(access),
    processMetrics: false,
    // Whose pod this may be: the demo leads nobody.
    podNamespace: undefined,
  });

  const speed = options.speed === "max" ? Number.POSITIVE_INFINITY : options.speed;
  const pace = options.speed === "max" ? "at once" : `${options.speed} times as fast as it happened`;
  say(bold("A real cluster's bad day, recorded; played by an API server on 127.0.0.1 over HTTP/2 and TLS"));
  say(`to tidings, which delivers it as OTLP log records to ${endpoint}, ${pace}.`);
  say("");

  const stop = new AbortController();
  const forward = (): void => stop.abort("the demo is over");
  io.signal.addEventListener("abort", forward);
  const running = app.run(stop.signal);
  // Ends a demo that cannot go on, too.
  const over = new AbortController();
  stop.signal.addEventListener("abort", () => over.abort());
  const abortOver = (): void => over.abort();
  void running.then(abortOver, abortOver);
  const until = async (done: () => boolean): Promise<void> => {
    while (!over.signal.aborted && !done()) await runtime.sleep(20, over.signal);
  };

  // First the watch: a list shows only the last state of what happened before it.
  await until(app.ledgers.connected);
  const { frames } = await playRecording(recording.frames, log, runtime, over.signal, { speed });
  // The last batches: until everything played is settled, or the person has seen enough.
  await until(() => app.ledgers.intake().received >= frames && app.ledgers.delivery().queued === 0);
  forward();
  const end = await running;
  io.signal.removeEventListener("abort", forward);

  say("");
  for (const line of totals(app.ledgers)) say(line);
  say("");
  for (const line of nextSteps(bold)) say(line);
  if (end.kind !== "failed") return 0;
  for (const { error } of end.faults) explain(error, io);
  return 1;
}

/** Both identities, as on `/metrics`. */
function totals(ledgers: Ledgers): readonly string[] {
  const { received, accepted, filtered, malformed } = ledgers.intake();
  const { delivered, rejected, dropped, queued } = ledgers.delivery();
  return [
    `${received} received = ${accepted} accepted + ${filtered} filtered + ${malformed} malformed`,
    `${accepted} accepted = ${delivered} delivered + ${sum(rejected)} rejected + ${sum(dropped)} dropped + ${queued} queued`,
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function nextSteps(bold: (text: string) => string): readonly string[] {
  return [
    bold("The same with your own cluster:"),
    "  npm run -s tidings -- run --output stdout                                      what kubectl's current context sends",
    "  npm run -s tidings -- run --endpoint http://localhost:4318                     into an OpenTelemetry Collector",
    "  TIDINGS_OTLP_DIALECT=loki npm run -s tidings -- run --endpoint http://localhost:3100/otlp    straight into Loki",
  ];
}
