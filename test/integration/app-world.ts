import { Writable } from "node:stream";

import { createApp, type App, type World } from "../../src/app.ts";
import { configSchema } from "../../src/config/schema.ts";
import type { ClusterAccess } from "../../src/kubernetes/cluster-access.ts";
import type { RunEnd } from "../../src/lifecycle/run-all.ts";
import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { createApiServer, type ApiServer } from "../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../src/standin/api-server/revision-log.ts";
import { serveHttp, type Face } from "../../src/standin/face.ts";
import {
  createOtlpReceiver,
  type OtlpReceiver,
  type OtlpReceiverOptions,
} from "../../src/standin/otlp-receiver.ts";
import { startRelay, type Relay } from "../../src/standin/relay.ts";
import { authority, certificate } from "./net/certificates.ts";

/** What a cluster and a backend are to tidings: stand-ins on 127.0.0.1, the API server over TLS and HTTP/2. */
export interface Surroundings extends AsyncDisposable {
  readonly log: RevisionLog;
  readonly apiServer: ApiServer;
  readonly apiFace: Face;
  readonly receiver: OtlpReceiver;
  /** Where tidings finds the receiver. */
  readonly relay: Relay;
  /** So many new Events, named `e-<number>`, in three namespaces. */
  put(count: number, note?: string): void;
  /** Record uids of the Events put so far. */
  readonly expected: readonly string[];
  /** Record uids that the receiver stored, in order. */
  readonly received: readonly string[];
}

export async function startSurroundings(options: OtlpReceiverOptions = {}): Promise<Surroundings> {
  const log = new RevisionLog({ firstRevision: 300 });
  const apiServer = createApiServer(log, systemRuntime, { users: { good: "tidings" } });
  const receiver = createOtlpReceiver(systemRuntime, options);
  const apiFace = await serveHttp(apiServer.http, { tls: { certificate }, http2: true });
  const receiverFace = await serveHttp(receiver.http, { http2: false });
  const relay = await startRelay(receiverFace.origin);
  const expected: string[] = [];
  return {
    log,
    apiServer,
    apiFace,
    receiver,
    relay,
    expected,
    put(count, note = "something happened") {
      for (let index = 0; index < count; index += 1) {
        const number = expected.length + 1;
        const namespace = `n${number % 3}`;
        const uid = `uid-${number}`;
        const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
        const revision = log.put({
          metadata: { namespace, name: `e-${number}`, uid, creationTimestamp: time },
          regarding: { kind: "Pod", namespace, name: `pod-${number}`, uid: `pod-uid-${number}` },
          reportingController: "kubelet",
          reason: "Tested",
          note,
          type: "Warning",
          deprecatedCount: 1,
          deprecatedFirstTimestamp: time,
          deprecatedLastTimestamp: time,
        });
        expected.push(`${uid}/${revision}`);
      }
    },
    get received() {
      return receiver.records.map(({ record }) => textOf(record.attributes.get("log.record.uid")));
    },
    async [Symbol.asyncDispose]() {
      await relay.close();
      await apiFace.close();
      await receiverFace.close();
    },
  };
}

/** As a user would write it. */
export interface Settings {
  readonly [section: string]: unknown;
  readonly otlp?: Readonly<Record<string, unknown>>;
}

export interface RunningApp extends AsyncDisposable {
  readonly app: App;
  /** Lines of standard error, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Lines of standard error of that notice. */
  said(notice: string): readonly Readonly<Record<string, unknown>>[];
  stop(reason?: string): Promise<RunEnd>;
  /** When it ends by itself. */
  readonly end: Promise<RunEnd>;
}

/** Collects text, as a pipe with a reader does. */
export class Collected extends Writable {
  text = "";

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

export function accessTo(surroundings: Surroundings, overrides: Partial<ClusterAccess> = {}): ClusterAccess {
  return {
    origin: surroundings.apiFace.origin,
    tls: () => Promise.resolve({ ca: authority.caPem }),
    proxyUrl: undefined,
    authorization: () => Promise.resolve({ authorization: "Bearer good" }),
    refreshAuthorization: () => Promise.resolve(),
    describes: "the stand-in",
    ...overrides,
  };
}

/** The whole application, as the process makes it, between the surroundings; waits are short. */
export async function startApp(
  surroundings: Surroundings,
  settings: Settings = {},
  world: Partial<World> = {},
): Promise<RunningApp> {
  const config = configSchema.parse({
    cluster: { name: "test" },
    http: { listen: "127.0.0.1:0" },
    ...settings,
    otlp: {
      endpoint: surroundings.relay.origin,
      batch: { delay: "20ms" },
      retry: { delayInitial: "20ms", delayMax: "200ms" },
      ...settings.otlp,
    },
  });
  const stderr = new Collected();
  const app = await createApp(config, {
    version: "0.0.0-test",
    runtime: systemRuntime,
    access: () => Promise.resolve(accessTo(surroundings)),
    stdout: { stream: new Collected(), format: "json" },
    stderr: { stream: stderr, format: "json", colour: false },
    processMetrics: false,
    podNamespace: undefined,
    identity: "test",
    ...world,
  });
  app.listening?.catch(() => undefined);
  const signal = new AbortController();
  const end = app.run(signal.signal);
  const stop = (reason = "SIGTERM"): Promise<RunEnd> => {
    signal.abort(reason);
    return end;
  };
  const lines = (): readonly Readonly<Record<string, unknown>>[] =>
    stderr.text.trimEnd().split("\n").map(objectOf);
  return {
    app,
    end,
    stop,
    get lines() {
      return lines();
    },
    said: (notice) => lines().filter((line) => line["notice"] === notice),
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
