import type { EventsApi } from "../kubernetes/events-api.ts";
import type { WatchEnd } from "../model/notice.ts";
import type { SourceItem } from "../model/source-item.ts";
import { NetworkError } from "../net/network-error.ts";
import type { Runtime } from "../shared/runtime.ts";
import { decodeWatchLine } from "./decode.ts";
import type { SourceFailure } from "./failure.ts";
import { LineSplitter } from "./lines.ts";

export interface WatchOptions {
  /** Exclusive: the first frame is the one after it. */
  readonly resourceVersion: string;
  /** When the API server is to end the watch. */
  readonly timeoutSeconds: number;
  /** How long a batch may be held before the watch is closed. */
  readonly unreadMsMax: number;
  /** How long nothing may come before `observer.silent` is asked. */
  readonly silentMsMax: number;
}

/** What one network chunk brought. */
export interface WatchBatch {
  readonly items: readonly SourceItem[];
  /** Of the last item that has one; "" where none has. */
  readonly resourceVersion: string;
}

export interface WatchResult {
  readonly cause: WatchEnd;
  readonly detail: string;
  /** What the API server or the network said, where the end was a failure. */
  readonly failure: SourceFailure | undefined;
}

export interface WatchObserver {
  onOpen(): void;
  onBytes(bytes: number): void;
  /** At least once a second, but not while the consumer holds a batch: that time is the consumer's. */
  beat(): void;
  /**
   * Nothing came for long. Says why nothing can come any more, which ends the watch; undefined where that is not known.
   * Asked once in each such time at most.
   */
  silent(signal: AbortSignal): Promise<string | undefined>;
}

/** The API server ends a watch at its timeout; one that stays beyond this many ms more is dead. */
const overtimeMs = 30_000;
const tickMs = 1000;

/**
 * One watch from its request to its end. Never throws for what a server or a network does: the end is the return value.
 * A batch may be empty of items that have a resourceVersion, never of items.
 */
export async function* watchEvents(
  api: EventsApi,
  options: WatchOptions,
  runtime: Runtime,
  observer: WatchObserver,
  signal: AbortSignal,
): AsyncGenerator<WatchBatch, WatchResult> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  signal.addEventListener("abort", forward);
  if (signal.aborted) stop.abort();

  const startedMs = runtime.monotonicMs();
  /** When the last chunk came, or the last question about its absence was answered; undefined before the watch is open. */
  let heardMs: number | undefined;
  let givenMs: number | undefined;
  let end: WatchResult | undefined;
  let asking: Promise<void> | undefined;

  const askWhySilent = async (): Promise<void> => {
    const why = await observer.silent(stop.signal);
    asking = undefined;
    heardMs = runtime.monotonicMs();
    if (why === undefined || end !== undefined) return;
    end = ended("network", why);
    stop.abort();
  };

  // Beside the reading loop, because that one stands still exactly when something has to be done.
  const watchdog = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await runtime.sleep(tickMs, stop.signal);
      if (stop.signal.aborted) return;
      if (givenMs === undefined) observer.beat();
      const nowMs = runtime.monotonicMs();
      if (givenMs !== undefined && nowMs - givenMs > options.unreadMsMax) {
        end = ended(
          "held_back",
          "nothing was taken from it; closed so that the API server need not buffer it",
        );
        stop.abort();
      } else if (nowMs - startedMs > options.timeoutSeconds * 1000 + overtimeMs) {
        end = ended("network", `the API server did not end it after ${options.timeoutSeconds} s`);
        stop.abort();
      } else if (heardMs !== undefined && nowMs - heardMs >= options.silentMsMax) {
        // Not waited for: it may take half a minute, and the other limits hold meanwhile.
        asking ??= askWhySilent();
      }
    }
  };
  const watching = watchdog();

  try {
    const answer = await api.watch(options, stop.signal);
    if (answer.kind !== "ok") {
      if (end !== undefined) return end;
      if (answer.kind === "network") return ended("network", answer.error.message, answer);
      return ended(answer.code === 410 ? "expired" : "refused", answer.message, answer);
    }
    heardMs = runtime.monotonicMs();
    observer.onOpen();

    const splitter = new LineSplitter();
    for await (const chunk of answer.body) {
      observer.onBytes(chunk.length);
      heardMs = runtime.monotonicMs();
      const items: SourceItem[] = [];
      let resourceVersion = "";
      let failure: WatchResult | undefined;
      for (const line of splitter.push(chunk)) {
        const decoded = decodeWatchLine(line);
        if (decoded.kind === "error") {
          const { code, reason, message } = decoded;
          failure = ended(code === 410 ? "expired" : "server_error", message, {
            kind: "status",
            code,
            reason,
            message,
            retryAfterMs: undefined,
          });
          break;
        }
        items.push(decoded);
        if (decoded.kind === "event") ({ resourceVersion } = decoded.event.metadata);
        else if (decoded.kind === "removed" || decoded.kind === "bookmark") ({ resourceVersion } = decoded);
      }
      if (items.length > 0) {
        givenMs = runtime.monotonicMs();
        yield { items, resourceVersion };
        givenMs = undefined;
      }
      if (end !== undefined) return end;
      if (failure !== undefined) return failure;
    }
    const livedMs = runtime.monotonicMs() - startedMs;
    return livedMs >= options.timeoutSeconds * 1000 - tickMs
      ? ended("timeout", `after ${options.timeoutSeconds} s, as asked`)
      : ended("closed", `by the API server after ${Math.round(livedMs / 1000)} s`);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return end ?? ended("network", error.message, { kind: "network", error });
  } finally {
    signal.removeEventListener("abort", forward);
    stop.abort();
    await watching;
    await asking;
  }
}

function ended(cause: WatchEnd, detail: string, failure?: SourceFailure): WatchResult {
  return { cause, detail, failure };
}
