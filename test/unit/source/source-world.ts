import { createApiClient } from "../../../src/kubernetes/api-client.ts";
import { createEventsApi, type EventsApi } from "../../../src/kubernetes/events-api.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { EventOrigin, SourceItem } from "../../../src/model/source-item.ts";
import type { HttpRequest, HttpResponse } from "../../../src/net/http.ts";
import type { Runtime } from "../../../src/shared/runtime.ts";
import {
  EventSource,
  eventSourceDefaults,
  type EventSourceOptions,
} from "../../../src/source/event-source.ts";
import { createApiServer, type ApiServer } from "../../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../../src/standin/api-server/revision-log.ts";
import { Simulator } from "../../simulation/simulator.ts";

export interface Asked {
  readonly atMs: number;
  readonly path: string;
}

/** A stand-in API server without sockets, in virtual time, and the requests it gets. */
export class ApiWorld {
  readonly simulator = new Simulator(1);
  readonly runtime: Runtime = this.simulator.runtime();
  readonly log: RevisionLog = new RevisionLog({ firstRevision: 100, slabBytes: 64 * 1024 });
  readonly apiServer: ApiServer = createApiServer(this.log, this.runtime, { users: { good: "tidings" } });
  readonly asked: Asked[] = [];
  /** What the client shows; the API server knows `good`. */
  token = "good";
  refreshes = 0;
  /** Answers in the API server's place where it gives something. */
  instead: (request: HttpRequest) => HttpResponse | undefined = () => undefined;
  readonly api: EventsApi;

  constructor() {
    const client = createApiClient(
      async (request, signal) => {
        this.asked.push({ atMs: this.simulator.nowMs, path: request.path });
        return this.instead(request) ?? (await this.apiServer.http(request, signal));
      },
      {
        origin: "",
        tls: () => Promise.resolve({}),
        proxyUrl: undefined,
        authorization: () => Promise.resolve({ authorization: `Bearer ${this.token}` }),
        refreshAuthorization: () => {
          this.refreshes += 1;
          return Promise.resolve();
        },
        describes: "the test",
      },
      this.runtime,
    );
    this.api = createEventsApi(client);
  }

  /** `writtenMs`: when the API server wrote it, by its own clock; default: it does not say. */
  put(namespace: string, name: string, note = "", writtenMs?: number): number {
    const creationTimestamp = writtenMs === undefined ? undefined : new Date(writtenMs).toISOString();
    const metadata = { namespace, name, creationTimestamp };
    return this.log.put({ metadata, regarding: { kind: "Pod" }, reason: "R", note });
  }

  /** What is stored, as `stateOf` writes it. */
  stored(): readonly string[] {
    return this.log.list().changes.map(({ key, revision }) => `${key}@${revision}`);
  }

  /** etcd is restored as it was at `revision`, and its API server restarts with it, or, hanging, does not. */
  restore(revision: number, hanging = false): void {
    this.log.restore(revision);
    if (!hanging) this.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
  }

  watches(): readonly Asked[] {
    return this.asked.filter(({ path }) => path.includes("watch=true"));
  }

  lists(): readonly Asked[] {
    return this.asked.filter(({ path }) => !path.includes("watch=true"));
  }
}

/** An event source that is read all the time, unless it is held. */
export class SourceWorld extends ApiWorld implements AsyncDisposable {
  readonly notices: Notice[] = [];
  readonly items: SourceItem[] = [];
  beats = 0;
  readonly source: EventSource;
  readonly #stop = new AbortController();
  #ended = false;
  #held: PromiseWithResolvers<void> | undefined;
  #consuming: Promise<void> | undefined;

  constructor(options: Partial<EventSourceOptions> = {}) {
    super();
    this.source = new EventSource(
      this.api,
      { ...eventSourceDefaults, ...options },
      this.runtime,
      (notice) => this.notices.push(notice),
      () => {
        this.beats += 1;
      },
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    this.#consuming = this.#consume();
  }

  /** From the next array on the consumer does not come back until `release`. */
  hold(): void {
    this.#held = Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  abort(): void {
    this.#stop.abort();
  }

  /** Lets time pass until `done`; fails when an hour was not enough. */
  async until(done: () => boolean): Promise<void> {
    if (await this.simulator.run(() => done() || this.#ended, this.simulator.nowMs + 3_600_000)) return;
    throw new Error(`Not so within an hour: ${done.toString()}`);
  }

  async pass(ms: number): Promise<void> {
    await this.simulator.run(() => false, this.simulator.nowMs + ms);
  }

  /** Waits for a watch that is open. */
  async watching(): Promise<void> {
    await this.until(() => this.source.status().connected);
  }

  /** `namespace/name@resourceVersion` of all Events read so far. */
  states(): readonly string[] {
    return this.items.flatMap((item) => (item.kind === "event" ? [stateOf(item)] : []));
  }

  /** How the Events read so far came to us. */
  origins(): readonly EventOrigin[] {
    return this.items.flatMap((item) => (item.kind === "event" ? [item.origin] : []));
  }

  /** The items so far that are no Events. */
  others(): readonly SourceItem[] {
    return this.items.filter((item) => item.kind !== "event");
  }

  noticed<K extends Notice["kind"]>(kind: K): readonly Extract<Notice, { readonly kind: K }>[] {
    return this.notices.filter(
      (notice): notice is Extract<Notice, { readonly kind: K }> => notice.kind === kind,
    );
  }

  async #consume(): Promise<void> {
    try {
      for await (const items of this.source.items(this.#stop.signal)) {
        this.items.push(...items);
        await this.#held?.promise;
      }
    } finally {
      this.#ended = true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.abort();
    await this.#consuming;
  }
}

export function stateOf({ event }: Extract<SourceItem, { readonly kind: "event" }>): string {
  const { namespace, name, resourceVersion } = event.metadata;
  return `${namespace}/${name}@${resourceVersion}`;
}
