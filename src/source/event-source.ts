import type { EventsApi } from "../kubernetes/events-api.ts";
import type { ListCause, Notify } from "../model/notice.ts";
import { compareResourceVersions } from "../model/resource-version.ts";
import type { SourceItem } from "../model/source-item.ts";
import { assertNever } from "../shared/assert-never.ts";
import type { Runtime } from "../shared/runtime.ts";
import { History } from "./history.ts";
import { Pace, type Wait } from "./pace.ts";
import type { EventSourceOptions, SourceStatus } from "./source-options.ts";
import { listingOf, StoredEvents } from "./stored-events.ts";
import { WarmUp } from "./warm-up.ts";
import { watchEvents, type WatchBatch } from "./watch.ts";

export {
  eventSourceDefaults,
  type EventSourceOptions,
  type SourceResume,
  type SourceStatus,
} from "./source-options.ts";

/**
 * What comes next. The states and their ways:
 *
 *   list    ──▶ watch         every stored Event above the position was given
 *   probe   ──▶ watch         the position lies within the cluster's history
 *           ├─▶ warm up       the same, and what the leader before us knew is still to be given
 *           └─▶ list          it does not: etcd was restored, and a watch from there hangs, or leaves out what was rewritten
 *   warm up ──▶ watch         the state at the position was given
 *           └─▶ list          it is compacted away, or was rewritten
 *   watch   ──▶ probe         timeout, closed, broken, held back: resume from the position
 *           └─▶ list          expired (410), or closed in silence twice: compare with what is stored
 *   any     ──▶ wait ──▶ the same again, after a failure
 */
type Step =
  | { readonly kind: "list"; readonly cause: ListCause }
  | { readonly kind: "probe" }
  /** `current`: the cluster's newest resourceVersion. */
  | { readonly kind: "warm_up"; readonly current: string }
  | { readonly kind: "watch" }
  | Wait<Step>;

type Items<Result> = AsyncGenerator<readonly SourceItem[], Result>;

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
  readonly #pace: Pace;
  readonly #history: History;

  #position: string | undefined;
  #currentAtMs = 0;
  /** The cluster's newest resourceVersion as it was last asked for: up to there what a watch brings is a backlog. */
  #newest = "0";
  #connected = false;
  /** The last watch came to its end as planned. */
  #renewing = false;
  /** The last watch brought nothing before the API server closed it. */
  #closedInSilence = false;
  #bytesRead = 0;
  /** A list or a warm-up under way: it survives failures, so that what it gave does not come again. */
  #stored: { readonly events: StoredEvents; readonly startedMs: number; readonly atMs: number } | undefined;
  #warmUp: { readonly events: WarmUp; readonly startedMs: number } | undefined;
  /** What the leader before us knew is still to be given. */
  #isTakingOver: boolean;

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
    this.#pace = new Pace(options.backoff, runtime, notify);
    this.#history = new History(api, options.resume?.writtenMs ?? 0, this.#onBytes);
    this.#position = options.resume?.resourceVersion || undefined;
    this.#isTakingOver = this.#position !== undefined;
  }

  status(): SourceStatus {
    return {
      connected: this.#connected,
      position: this.#position ?? "",
      currentAtMs: this.#currentAtMs,
      writtenMs: this.#history.writtenMs,
      bytesRead: this.#bytesRead,
    };
  }

  async *items(signal: AbortSignal): Items<void> {
    let step = this.#firstStep();
    // The epoch has begun already, so it is no news; but of what is listed now some is known to have been there before.
    if (step.kind === "list" && step.cause === "history_replaced") yield [{ kind: "takeover", exact: false }];
    while (!signal.aborted) {
      this.#beat();
      switch (step.kind) {
        case "list":
          step = yield* this.#list(step.cause, signal);
          break;
        case "probe":
          step = yield* this.#probe(signal);
          break;
        case "warm_up":
          step = yield* this.#warmingUp(step.current, signal);
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

  #firstStep(): Step {
    const { startFrom, resume } = this.#options;
    if (resume === undefined)
      return startFrom === "stored" ? { kind: "list", cause: "start" } : { kind: "probe" };
    return this.#isTakingOver ? { kind: "probe" } : { kind: "list", cause: "history_replaced" };
  }

  async *#list(cause: ListCause, signal: AbortSignal): Items<Step> {
    if (this.#stored === undefined) {
      this.#notify({ kind: "list_started", cause });
      if (cause === "takeover") yield [{ kind: "takeover", exact: false }];
      this.#stored = {
        events: new StoredEvents(
          this.#api,
          {
            ...listingOf(cause, this.#position),
            judge: this.#history.judge(),
            pageSize: this.#options.pageSize,
            heldBytesMax: this.#options.heldBytesMax,
          },
          this.#onPage,
        ),
        startedMs: this.#runtime.monotonicMs(),
        atMs: this.#runtime.wallMs(),
      };
    }
    const { events, startedMs, atMs } = this.#stored;
    const pass = events.pass(signal);
    let next = await pass.next();
    while (next.done !== true) {
      for (const item of next.value) if (item.kind === "event") this.#history.listed(item.event);
      yield next.value;
      // A list is given from memory: without a turn of the event loop nothing of it could leave meanwhile.
      await this.#runtime.sleep(0, signal);
      next = await pass.next();
    }
    const result = next.value;
    if (signal.aborted) return { kind: "list", cause };
    switch (result.kind) {
      case "failed":
        return this.#pace.afterFailure<Step>("list", result.failure, { kind: "list", cause });
      case "rewound":
        this.#position = result.position;
        return yield* this.#replaced(result.resourceVersion, undefined);
      case "rewritten":
        return yield* this.#replaced(result.resourceVersion, result.detail);
      case "listed": {
        this.#stored = undefined;
        // Not after a gap: whoever ends every watch at once would be asked for one list after the other, without a pause.
        if (cause === "start" || cause === "takeover") this.#pace.reset();
        if (cause === "start" || cause === "history_replaced") this.#history.listedAll();
        const { resourceVersion } = result;
        const durationMs = Math.round(this.#runtime.monotonicMs() - startedMs);
        this.#notify({ kind: "list_finished", cause, events: result.events, durationMs });
        const after = this.#position ?? "";
        this.#position = resourceVersion;
        this.#newest = resourceVersion;
        this.#isTakingOver = false;
        yield [{ kind: "listed", cause, after, resourceVersion, events: result.events }];
        // Only now: until it is told, a gap began where the position was last the present.
        this.#wasCurrentAt(atMs);
        return { kind: "watch" };
      }
      default:
        return assertNever(result);
    }
  }

  /** Asks for the cluster's newest resourceVersion: the position to begin with, or the proof that ours is none any more. */
  async *#probe(signal: AbortSignal): Items<Step> {
    const atMs = this.#runtime.wallMs();
    const probe = await this.#history.probe(this.#position, signal);
    if (signal.aborted) return { kind: "probe" };
    switch (probe.kind) {
      case "failed":
        return this.#pace.afterFailure<Step>("list", probe.failure, { kind: "probe" });
      case "rewound":
        return yield* this.#replaced(probe.resourceVersion, undefined);
      case "rewritten":
        return yield* this.#replaced(probe.resourceVersion, probe.detail);
      case "current": {
        const { resourceVersion } = probe;
        this.#newest = resourceVersion;
        if (this.#isTakingOver) return { kind: "warm_up", current: resourceVersion };
        if (this.#position === undefined) {
          this.#position = resourceVersion;
          this.#wasCurrentAt(atMs);
          yield [{ kind: "bookmark", resourceVersion }];
        }
        return { kind: "watch" };
      }
      default:
        return assertNever(probe);
    }
  }

  /** `detail`: how it shows, where it has grown past our position. */
  async *#replaced(current: string, detail: string | undefined): Items<Step> {
    const position = this.#position ?? "";
    this.#notify(
      detail === undefined
        ? { kind: "position_in_future", position, current }
        : { kind: "history_rewritten", position, detail },
    );
    this.#history.replaced();
    this.#stored = undefined;
    this.#warmUp = undefined;
    yield [{ kind: "history_replaced", position, current }];
    return { kind: "list", cause: "history_replaced" };
  }

  async *#warmingUp(current: string, signal: AbortSignal): Items<Step> {
    const resourceVersion = this.#position ?? "0";
    this.#warmUp ??= {
      events: new WarmUp(
        this.#api,
        { resourceVersion, pageSize: this.#options.pageSize, judge: this.#history.judge() },
        this.#onPage,
      ),
      startedMs: this.#runtime.monotonicMs(),
    };
    const { events, startedMs } = this.#warmUp;
    const result = yield* events.pass(signal);
    if (signal.aborted) return { kind: "probe" };
    switch (result.kind) {
      case "failed":
        // By way of the probe: in a history that was replaced meanwhile the position may not come for days.
        return this.#pace.afterFailure<Step>("list", result.failure, { kind: "probe" });
      case "rewritten":
        return yield* this.#replaced(current, result.detail);
      case "compacted":
        this.#warmUp = undefined;
        return { kind: "list", cause: "takeover" };
      case "warmed": {
        this.#warmUp = undefined;
        this.#isTakingOver = false;
        this.#pace.reset();
        const durationMs = Math.round(this.#runtime.monotonicMs() - startedMs);
        this.#notify({ kind: "warmed_up", events: result.events, durationMs });
        return { kind: "watch" };
      }
      default:
        return assertNever(result);
    }
  }

  async *#watch(signal: AbortSignal): Items<Step> {
    const { watchSecondsMin, watchSecondsMax, unreadMsMax, silentMsMax } = this.#options;
    const spreadSeconds = this.#runtime.random() * (watchSecondsMax - watchSecondsMin);
    const timeoutSeconds = Math.round(watchSecondsMin + spreadSeconds);
    const resourceVersion = this.#position ?? "0";
    const watch = watchEvents(
      this.#api,
      { resourceVersion, timeoutSeconds, unreadMsMax, silentMsMax },
      this.#runtime,
      {
        onOpen: () => {
          this.#connected = true;
          this.#notify({ kind: "watch_started", resourceVersion, renewed: this.#renewing });
        },
        onBytes: this.#onBytes,
        beat: this.#beat,
        silent: (stop) => this.#whySilent(stop),
      },
      signal,
    );

    const startedMs = this.#runtime.monotonicMs();
    let moved = false;
    let next = await watch.next();
    try {
      while (next.done !== true) {
        moved = this.#moveTo(next.value) || moved;
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
    const again = this.#closedInSilence;
    this.#closedInSilence = cause === "closed" && !moved;
    this.#notify({ kind: "watch_ended", cause, detail });
    // One that brought us further, or stood for a while, was a good one: begin with the short delays again. Malformed
    // lines are no progress: somebody between us and the API server may answer every watch with them.
    if (moved || this.#runtime.monotonicMs() - startedMs > 10_000) this.#pace.reset();
    switch (cause) {
      case "timeout":
      case "held_back":
        return { kind: "probe" };
      case "expired":
        return this.#pace.later<Step>({ kind: "list", cause: "gap" });
      case "closed":
        // Closed in silence, and again: what some API servers do instead of saying 410. Once is what any does that stops.
        return this.#pace.later<Step>(
          again && this.#closedInSilence ? { kind: "list", cause: "gap" } : { kind: "probe" },
        );
      case "network":
        return this.#pace.later<Step>({ kind: "probe" });
      case "server_error":
      case "refused":
        return failure === undefined
          ? this.#pace.later<Step>({ kind: "probe" })
          : this.#pace.afterFailure<Step>("watch", failure, { kind: "probe" });
      default:
        return assertNever(cause);
    }
  }

  /** "Read" moves as the batch is given: a consumer that never comes back has no use for a position. */
  #moveTo({ items, resourceVersion }: WatchBatch): boolean {
    if (resourceVersion === "") return false;
    this.#position = resourceVersion;
    const last = items.findLast((item) => item.kind === "event");
    // A backlog is not the present: what is reached is the time of its writing. A removal bears none, so it tells nothing
    // before the backlog is through.
    const writtenMs = last === undefined ? 0 : this.#history.watched(last.event);
    if (writtenMs !== 0) this.#wasCurrentAt(writtenMs);
    else if (compareResourceVersions(resourceVersion, this.#newest) > 0)
      this.#wasCurrentAt(this.#runtime.wallMs());
    return true;
  }

  /** A watch from the future of a restored etcd hangs silently for ever, and so does one that nobody serves any more. */
  async #whySilent(signal: AbortSignal): Promise<string | undefined> {
    const position = this.#position ?? "0";
    const atMs = this.#runtime.wallMs();
    const probe = await this.#history.probe(position, signal);
    switch (probe.kind) {
      case "rewound":
        return `it was silent, from ${position} on: the API server is at ${probe.resourceVersion}`;
      case "rewritten":
        return `it was silent, and ${probe.detail}`;
      case "current":
        this.#wasCurrentAt(atMs);
        return undefined;
      case "failed":
        // The watch may be well all the same; the transport finds out where it is not.
        return undefined;
      default:
        return assertNever(probe);
    }
  }

  #wasCurrentAt(atMs: number): void {
    this.#currentAtMs = Math.max(this.#currentAtMs, Math.min(atMs, this.#runtime.wallMs()));
  }

  readonly #onBytes = (bytes: number): void => {
    this.#bytesRead += bytes;
  };

  readonly #onPage = (bytes: number): void => {
    this.#bytesRead += bytes;
    this.#beat();
  };
}
