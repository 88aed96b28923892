import type { EventsApi } from "../kubernetes/events-api.ts";
import type { ListCause, Notify } from "../model/notice.ts";
import { compareResourceVersions } from "../model/resource-version.ts";
import type { SourceItem } from "../model/source-item.ts";
import { assertNever } from "../shared/assert-never.ts";
import { Backoff, type BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import { decodeList } from "./decode.ts";
import { noticeOfFailure, retryAfterMsOf, type SourceFailure } from "./failure.ts";
import { StoredEvents } from "./stored-events.ts";
import { watchEvents } from "./watch.ts";

export interface EventSourceOptions {
  /** Without a position: everything the cluster still holds first, or only what happens from now on. */
  readonly startFrom: "stored" | "now";
  /** Events a list page. */
  readonly pageSize: number;
  /** Bytes held at most to put the stored Events of a namespace in order. */
  readonly heldBytesMax: number;
  /**
   * A watch's length, drawn anew each time between the two, in seconds. Below the five minutes of etcd's compaction
   * interval, so that the position of a quiet stream is still known when the next watch begins.
   */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
  /** How long a watch may stay unread before it is closed: the API server buffers it without bound (kubernetes#138217). */
  readonly unreadMsMax: number;
  readonly backoff: BackoffPolicy;
}

export const eventSourceDefaults: EventSourceOptions = {
  startFrom: "stored",
  pageSize: 500,
  heldBytesMax: 32 * 1024 * 1024,
  watchSecondsMin: 240,
  watchSecondsMax: 290,
  unreadMsMax: 5000,
  backoff: { delayMsInitial: 800, delayMsMax: 30_000 },
};

/** What `/metrics` and `/readyz` ask for. Plain numbers, read at any moment. */
export interface SourceStatus {
  /** A watch is open. */
  readonly connected: boolean;
  /** Read: the last resourceVersion given to the consumer; "" before the first. */
  readonly position: string;
  readonly bytesRead: number;
}

/**
 * What comes next. The states and their ways:
 *
 *   list  ──▶ watch            every stored Event above the position was given
 *   probe ──▶ watch            the position lies within the cluster's history
 *         └─▶ list             it lies in its future: etcd was restored, and a watch from there hangs silently for ever
 *   watch ──▶ probe            timeout, closed, broken, held back: resume from the position
 *         └─▶ list             expired (410), or closed in silence: compare with what is stored
 *   any   ──▶ wait ──▶ the same again, after a failure
 */
type Step =
  | { readonly kind: "list"; readonly cause: ListCause }
  | { readonly kind: "probe" }
  | { readonly kind: "watch" }
  | { readonly kind: "wait"; readonly delayMs: number; readonly next: Step };

/**
 * Every Event of the cluster, in order, for as long as it is asked: lists, watches, resumes. Ends only when `signal`
 * aborts; no answer of the API server and no fault of the network ends it.
 *
 * It is pulled: while the consumer holds a batch nothing is read, and after `unreadMsMax` the watch is closed and later
 * resumed, so that a slow consumer costs the API server no memory.
 */
export class EventSource {
  readonly #api: EventsApi;
  readonly #options: EventSourceOptions;
  readonly #runtime: Runtime;
  readonly #notify: Notify;
  readonly #beat: () => void;
  readonly #backoff: Backoff;

  #position: string | undefined;
  #connected = false;
  /** The last watch came to its end as planned. */
  #renewing = false;
  #bytesRead = 0;
  /** A list under way: it survives failures, so that what it gave does not come again. */
  #stored: { readonly events: StoredEvents; readonly startedMs: number } | undefined;

  /**
   * `beat` is called whenever the loop turns: with each page of a list, and at least once a second while a watch is open.
   * Not while the consumer holds a batch, for however long: that time is the consumer's.
   */
  constructor(
    api: EventsApi,
    options: EventSourceOptions,
    runtime: Runtime,
    notify: Notify,
    beat: () => void = () => {},
  ) {
    this.#api = api;
    this.#options = options;
    this.#runtime = runtime;
    this.#notify = notify;
    this.#beat = beat;
    this.#backoff = new Backoff(options.backoff, runtime);
  }

  status(): SourceStatus {
    return { connected: this.#connected, position: this.#position ?? "", bytesRead: this.#bytesRead };
  }

  async *items(signal: AbortSignal): AsyncGenerator<readonly SourceItem[], void> {
    let step: Step =
      this.#options.startFrom === "stored" ? { kind: "list", cause: "start" } : { kind: "probe" };
    while (!signal.aborted) {
      this.#beat();
      switch (step.kind) {
        case "list":
          step = yield* this.#list(step.cause, signal);
          break;
        case "probe":
          step = await this.#probe(signal);
          break;
        case "watch":
          step = yield* this.#watch(signal);
          break;
        case "wait":
          await this.#runtime.sleep(step.delayMs, signal);
          step = step.next;
          break;
        default:
          assertNever(step);
      }
    }
  }

  async *#list(cause: ListCause, signal: AbortSignal): AsyncGenerator<readonly SourceItem[], Step> {
    if (this.#stored === undefined) {
      this.#notify({ kind: "list_started", cause });
      const { pageSize, heldBytesMax } = this.#options;
      const after = cause === "gap" ? (this.#position ?? "0") : "0";
      this.#stored = {
        events: new StoredEvents(
          this.#api,
          { after, pageSize, heldBytesMax, origin: originOf(cause) },
          (bytes) => {
            this.#bytesRead += bytes;
            this.#beat();
          },
        ),
        startedMs: this.#runtime.monotonicMs(),
      };
    }
    const { events, startedMs } = this.#stored;
    const pass = events.pass(signal);
    let next = await pass.next();
    while (next.done !== true) {
      yield next.value;
      // A list is given from memory: without a turn of the event loop nothing of it could leave meanwhile.
      await this.#runtime.sleep(0, signal);
      next = await pass.next();
    }
    const result = next.value;
    if (signal.aborted) return { kind: "list", cause };
    switch (result.kind) {
      case "failed":
        return this.#wait("list", result.failure, { kind: "list", cause });
      case "rewound":
        this.#stored = undefined;
        this.#notify({
          kind: "position_in_future",
          position: this.#position ?? "",
          current: result.resourceVersion,
        });
        return { kind: "list", cause: "history_replaced" };
      case "listed": {
        this.#stored = undefined;
        // Not after a gap: whoever ends every watch at once would be asked for one list after the other, without a pause.
        if (cause === "start") this.#backoff.reset();
        this.#position = result.resourceVersion;
        const durationMs = Math.round(this.#runtime.monotonicMs() - startedMs);
        this.#notify({ kind: "list_finished", cause, events: result.events, durationMs });
        return { kind: "watch" };
      }
      default:
        return assertNever(result);
    }
  }

  /** Asks for the cluster's newest resourceVersion: the position to begin with, or the proof that ours is not beyond it. */
  async #probe(signal: AbortSignal): Promise<Step> {
    const answer = await this.#api.list({ limit: 1 }, signal);
    if (signal.aborted) return { kind: "probe" };
    if (answer.kind === "ok") this.#bytesRead += answer.body.length;
    const page = answer.kind === "ok" ? decodeList(answer.body) : answer;
    if (page.kind !== "page") return this.#wait("list", page, { kind: "probe" });

    if (this.#position === undefined) {
      this.#position = page.resourceVersion;
    } else if (compareResourceVersions(page.resourceVersion, this.#position) < 0) {
      this.#notify({
        kind: "position_in_future",
        position: this.#position,
        current: page.resourceVersion,
      });
      return { kind: "list", cause: "history_replaced" };
    }
    return { kind: "watch" };
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<readonly SourceItem[], Step> {
    const { watchSecondsMin, watchSecondsMax, unreadMsMax } = this.#options;
    const spreadSeconds = this.#runtime.random() * (watchSecondsMax - watchSecondsMin);
    const timeoutSeconds = Math.round(watchSecondsMin + spreadSeconds);
    const resourceVersion = this.#position ?? "0";
    const watch = watchEvents(
      this.#api,
      { resourceVersion, timeoutSeconds, unreadMsMax },
      this.#runtime,
      {
        onOpen: () => {
          this.#connected = true;
          this.#notify({ kind: "watch_started", resourceVersion, renewed: this.#renewing });
        },
        onBytes: (bytes) => {
          this.#bytesRead += bytes;
        },
        beat: this.#beat,
      },
      signal,
    );

    const startedMs = this.#runtime.monotonicMs();
    let moved = false;
    let next = await watch.next();
    try {
      while (next.done !== true) {
        // "Read" moves as the batch is given: a consumer that never comes back has no use for a position.
        if (next.value.resourceVersion !== "") {
          this.#position = next.value.resourceVersion;
          moved = true;
        }
        yield next.value.items;
        next = await watch.next();
      }
    } finally {
      this.#connected = false;
      // Only a consumer that leaves in the middle gets here with the watch still open.
      if (next.done !== true) await watch.return({ cause: "closed", detail: "", failure: undefined });
    }
    if (signal.aborted) return { kind: "watch" };

    const { cause, detail, failure } = next.value;
    this.#renewing = cause === "timeout";
    this.#notify({ kind: "watch_ended", cause, detail });
    // One that brought us further, or stood for a while, was a good one: begin with the short delays again. Malformed
    // lines are no progress: somebody between us and the API server may answer every watch with them.
    if (moved || this.#runtime.monotonicMs() - startedMs > 10_000) this.#backoff.reset();
    switch (cause) {
      case "timeout":
      case "held_back":
        return { kind: "probe" };
      case "expired":
        return this.#later({ kind: "list", cause: "gap" });
      case "closed":
        // Closed in silence: what some API servers do instead of saying 410. Comparing with the list is always right.
        return this.#later(moved ? { kind: "probe" } : { kind: "list", cause: "gap" });
      case "network":
        return this.#later({ kind: "probe" });
      case "server_error":
      case "refused":
        return failure === undefined
          ? this.#later({ kind: "probe" })
          : this.#wait("watch", failure, { kind: "probe" });
      default:
        return assertNever(cause);
    }
  }

  /** Again at once after a good time, later and later after that. A cut connection is no failure worth a word. */
  #later(next: Step): Step {
    const first = this.#backoff.attempt === 0;
    const delayMs = this.#backoff.nextDelayMs();
    return first ? next : { kind: "wait", delayMs, next };
  }

  #wait(verb: "list" | "watch", failure: SourceFailure, next: Step): Step {
    // A 403 too: an API server that has just started answers so until it knows its roles.
    const delayMs = Math.round(Math.max(this.#backoff.nextDelayMs(), retryAfterMsOf(failure)));
    this.#notify(noticeOfFailure(verb, failure, delayMs));
    return { kind: "wait", delayMs, next };
  }
}

function originOf(cause: ListCause): "stored" | "recovered" | "restored" {
  switch (cause) {
    case "start":
      return "stored";
    case "gap":
      return "recovered";
    case "history_replaced":
      return "restored";
    default:
      return assertNever(cause);
  }
}
