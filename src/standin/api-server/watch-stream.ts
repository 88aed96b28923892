/**
 * One open watch. Its lines are pulled: nothing is taken from the log before the reader asks, and nothing is lost while
 * it does not, for a compaction first hands over what is pending. (The real server buffers without bound there,
 * kubernetes/kubernetes#138217; here the buffer holds views of bytes that exist anyway, up to `backlogBytesMax`.)
 */
import { NetworkError } from "../../net/network-error.ts";
import type { NetworkFault } from "../../net/network-error.ts";
import type { Runtime, Timeout } from "../../shared/runtime.ts";
import { addedLineBytes } from "./event-line.ts";
import { CompactedError } from "./revision-log.ts";
import type { Change, RevisionLog } from "./revision-log.ts";
import { errorFrame, watchExpired } from "./status.ts";

export interface WatchOptions {
  readonly namespace: string | undefined;
  /** Undefined: all that is stored first, as ADDED in key order, then what comes. */
  readonly after: number | undefined;
  readonly timeoutMs: number;
  readonly bookmarks: boolean;
  /** A bookmark after each such time; undefined: none, as for Events on a real server. */
  readonly bookmarkEveryMs: number | undefined;
  /** Whole revisions are sent in pieces of about this size. */
  readonly chunkBytes: number;
  readonly backlogBytesMax: number;
}

type End =
  | { readonly kind: "clean" }
  | { readonly kind: "frame"; readonly frame: Buffer }
  | { readonly kind: "broken"; readonly code: NetworkFault; readonly midLine: boolean };

/** A line whose rest never comes, where the log has none to cut. */
const halfLine = Buffer.from('{"type":"ADDED","object":{"kind":"Event","apiVersion":"events.k8s.i');

export class WatchStream {
  readonly #log: RevisionLog;
  readonly #runtime: Runtime;
  readonly #options: WatchOptions;
  readonly #isSilent: () => boolean;
  readonly #signal: AbortSignal;
  readonly #timeout: Timeout;
  readonly #stopListening: () => void;
  readonly #onClose: (stream: WatchStream) => void;
  readonly #initial: readonly Change[];
  #initialSent = 0;
  #position: number;
  /** Taken from the log before it was compacted. */
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  /** Lines that stand between the frames: injected ones and bookmarks. */
  #extra: Buffer[] = [];
  #bookmarkDue = false;
  #initialEndDue: boolean;
  #bookmarkTimer: Timeout | undefined;
  #end: End | undefined;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => this.close();

  constructor(
    log: RevisionLog,
    runtime: Runtime,
    options: WatchOptions,
    isSilent: () => boolean,
    signal: AbortSignal,
    onClose: (stream: WatchStream) => void,
  ) {
    this.#log = log;
    this.#runtime = runtime;
    this.#options = options;
    this.#isSilent = isSilent;
    this.#signal = signal;
    this.#onClose = onClose;
    this.#position = options.after ?? log.current;
    this.#initial = options.after === undefined ? log.list({ namespace: options.namespace }).changes : [];
    this.#initialEndDue = options.after === undefined && options.bookmarks;
    if (options.after !== undefined && options.after + 1 < log.compacted) this.#expire();
    this.#timeout = runtime.timeout(options.timeoutMs, signal);
    this.#timeout.signal.addEventListener("abort", () => this.#ended(), { once: true });
    this.#stopListening = log.listen({
      changed: () => this.wake(),
      compacting: () => this.#takeBacklog(),
    });
    this.#armBookmark();
  }

  /** Makes a waiting reader look again. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Ends the stream at the next frame; the first end wins. */
  end(end: End): void {
    this.#end ??= end;
    this.wake();
  }

  /** Sends a line as it is, whatever it says. At most 10,000 wait. */
  insert(line: string): void {
    if (this.#extra.length >= 10_000) throw new RangeError("10,000 lines wait already for the reader");
    this.#extra.push(Buffer.from(`${line}\n`));
    this.wake();
  }

  bookmark(): void {
    if (!this.#options.bookmarks) return;
    this.#bookmarkDue = true;
    this.wake();
  }

  async *body(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        if (this.#signal.aborted) throw new NetworkError("aborted", "The watch was aborted");
        const end = this.#end;
        if (end !== undefined) {
          if (end.kind === "clean") return;
          if (end.kind === "frame") {
            yield end.frame;
            return;
          }
          if (end.midLine) yield this.#firstHalf();
          throw new NetworkError(end.code, `The watch broke (${end.code})`);
        }
        if (this.#timeout.signal.aborted) return;
        const views = this.#isSilent() ? [] : this.#next();
        if (views.length === 0) {
          if (this.#end === undefined) await this.#woken();
          continue;
        }
        for (const view of views) {
          yield view;
          if (this.#end !== undefined || this.#signal.aborted) break;
        }
      }
    } finally {
      this.close();
    }
  }

  /** Frees timer and listener; a second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#timeout[Symbol.dispose]();
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#bookmarkTimer?.[Symbol.dispose]();
    this.#onClose(this);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #ended(): void {
    // A body that nobody reads (any more) would otherwise listen for ever.
    if (this.#signal.aborted) this.close();
    // Its time is over, which only a reader sees. Without one there is still the end of the request to wait for.
    else this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.wake();
  }

  #expire(): void {
    this.#end ??= { kind: "frame", frame: errorFrame(watchExpired) };
  }

  #next(): readonly Buffer[] {
    if (this.#extra.length > 0) return this.#extra.splice(0);
    if (this.#initialSent < this.#initial.length) return this.#nextInitial();
    if (this.#backlog.length > 0) {
      this.#backlogBytes = 0;
      return this.#backlog.splice(0);
    }
    if (this.#initialEndDue) {
      this.#initialEndDue = false;
      return [bookmarkFrame(this.#position, true)];
    }
    const views = this.#pull(this.#options.chunkBytes);
    if (views.length > 0 || !this.#bookmarkDue || this.#position > this.#log.current) return views;
    this.#bookmarkDue = false;
    return [bookmarkFrame(this.#position, false)];
  }

  #nextInitial(): readonly Buffer[] {
    const pieces: Buffer[] = [];
    let bytes = 0;
    while (bytes < this.#options.chunkBytes) {
      const change = this.#initial[this.#initialSent];
      if (change === undefined) break;
      this.#initialSent += 1;
      pieces.push(...addedLineBytes(change.type, change.line));
      bytes += change.line.end - change.line.start;
    }
    return [Buffer.concat(pieces)];
  }

  /** What the log has after our position. A position of the future stays silent, as etcd's does. */
  #pull(bytesMax: number): readonly Buffer[] {
    if (this.#position > this.#log.current) return [];
    try {
      const { views, revision } = this.#log.linesAfter(this.#position, bytesMax, this.#options.namespace);
      this.#position = views.length === 0 ? this.#log.current : revision;
      return views;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#expire();
      return [];
    }
  }

  #takeBacklog(): void {
    for (const view of this.#pull(Number.POSITIVE_INFINITY)) {
      this.#backlog.push(view);
      this.#backlogBytes += view.length;
    }
    if (this.#backlogBytes <= this.#options.backlogBytesMax) return;
    this.#backlog = [];
    this.#expire();
  }

  #firstHalf(): Buffer {
    const [view] = this.#next();
    if (view === undefined) return halfLine;
    return view.subarray(0, (view.indexOf(0x0a) + 1) >>> 1);
  }

  #armBookmark(): void {
    const everyMs = this.#options.bookmarkEveryMs;
    if (everyMs === undefined || !this.#options.bookmarks) return;
    const timer = this.#runtime.timeout(everyMs);
    this.#bookmarkTimer = timer;
    timer.signal.addEventListener(
      "abort",
      () => {
        timer[Symbol.dispose]();
        if (this.#closed) return;
        this.bookmark();
        this.#armBookmark();
      },
      { once: true },
    );
  }
}

/** A BOOKMARK is an Event with nothing but a resourceVersion; the one that ends the initial Events says so. */
function bookmarkFrame(revision: number, initialEnd: boolean): Buffer {
  const annotations = initialEnd ? ',"annotations":{"k8s.io/initial-events-end":"true"}' : "";
  return Buffer.from(
    '{"type":"BOOKMARK","object":{"kind":"Event","apiVersion":"events.k8s.io/v1",' +
      `"metadata":{"resourceVersion":"${revision}"${annotations}},"eventTime":null,"regarding":{},` +
      '"deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}}\n',
  );
}
