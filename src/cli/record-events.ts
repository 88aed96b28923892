import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import type { Config } from "../config/schema.ts";
import { apiClientDefaults, createApiClient } from "../kubernetes/api-client.ts";
import { createEventsApi } from "../kubernetes/events-api.ts";
import type { KubernetesEvent } from "../model/kubernetes-event.ts";
import type { SourceItem } from "../model/source-item.ts";
import { createTransport, transportDefaults } from "../net/transport.ts";
import { customRedactions } from "../processor/custom-redactions.ts";
import { createRedactor, type Redact } from "../processor/redact.ts";
import { systemRuntime } from "../shared/system-runtime.ts";
import { EventSource, eventSourceDefaults } from "../source/event-source.ts";
import { createRecordingWriter, type RecordedFrame } from "../source/recording.ts";
import { Log } from "../telemetry/log.ts";
import { accessCluster } from "./access-cluster.ts";
import type { Io } from "./io.ts";
import type { RecordOptions } from "./record.ts";
import { worldOf } from "./run-app.ts";

/** The longest that a timer takes, 24 days. */
const timerMsMax = 2 ** 31 - 1;

/**
 * `tidings record`: what the cluster sends, into a file, until told to stop or `durationMs` is over. Resolves with the exit
 * code. Removals (an Event's TTL ended) are not recorded: they say nothing of the cluster.
 */
export async function recordEvents(config: Config, options: RecordOptions, io: Io): Promise<number> {
  const runtime = systemRuntime;
  const { redact: redactOptions } = config.processor;
  const redact = createRedactor(redactOptions.builtin, await customRedactions(redactOptions.patterns));
  const { stderr } = worldOf(config, io);
  const log = new Log(
    io.stderr,
    { level: config.log.level, format: stderr.format, colour: stderr.colour },
    runtime,
    (text) => redact(text)?.text ?? text,
  );

  try {
    const access = await accessCluster(config.kubernetes, io.environment, runtime, {
      onChange: (path) => log.notify({ kind: "file_reloaded", path }),
      onFault: (detail) => log.notify({ kind: "file_failed", detail }),
    });
    await using api = createTransport({ ...transportDefaults, ...access }, runtime);
    const source = new EventSource(
      createEventsApi(createApiClient(api.http, access, runtime, apiClientDefaults)),
      { ...eventSourceDefaults, ...config.source },
      runtime,
      log.notify,
    );

    // `wx`: a recording is never written over; found out before anything is read.
    const handle = await open(options.file, "wx");
    const file = handle.createWriteStream();
    const zip = options.file.endsWith(".gz") ? createGzip({ level: 9 }) : undefined;
    const written = zip === undefined ? Promise.resolve() : pipeline(zip, file);
    // Told by the write that meets it.
    written.catch(() => {});
    file.on("error", () => {});
    const writer = createRecordingWriter(zip ?? file, {
      cluster: config.cluster.name,
      startedAt: new Date(runtime.wallMs()).toISOString(),
    });

    using limit = runtime.timeout(Math.min(options.durationMs ?? timerMsMax, timerMsMax), io.signal);
    let events = 0;
    for await (const items of source.items(limit.signal)) {
      const atMs = runtime.wallMs();
      const frames = items.flatMap((item) => frameOf(item, atMs, redact));
      await writer.write(frames);
      events += frames.length;
    }
    await writer.end();
    await written;
    io.stderr.write(`Recorded ${events} ${events === 1 ? "Event" : "Events"} in ${options.file}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`error: ${explain(error, options.file)}\n`);
    return 1;
  } finally {
    log[Symbol.dispose]();
  }
}

function frameOf(item: SourceItem, atMs: number, redact: Redact): readonly RecordedFrame[] {
  if (item.kind !== "event") return [];
  const type = item.origin === "modified" ? "MODIFIED" : "ADDED";
  return [{ atMs, type, object: withRedactedNote(item.event, redact) }];
}

function withRedactedNote(event: KubernetesEvent, redact: Redact): KubernetesEvent {
  const redacted = event.note === undefined ? undefined : redact(event.note);
  return redacted === undefined ? event : { ...event, note: redacted.text };
}

function explain(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EEXIST") {
    return `${file} exists already; give another name, or remove it first`;
  }
  return error.message;
}
