import type { Writable } from "node:stream";

import type { Notice } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";
import { describe, logLevels, type LogLevel } from "./describe.ts";
import { jsonLine, textLine, type LogLine } from "./log-line.ts";

export interface LogOptions {
  /** What is below it is not written. */
  readonly level: LogLevel;
  readonly format: "json" | "text";
  /** Only for `text`. */
  readonly colour: boolean;
}

/** Removes secrets from a text. */
export type Redact = (text: string) => string;

/** Of each kind one line in this time at most; what comes in between is counted, and the last of it shown at the end. */
const windowMs = 10_000;
/** An excerpt of what may be somebody's message stays short. */
const excerptCharsMax = 200;
const textCharsMax = 2000;
/** Held by the stream while nobody reads it; past that, lines are lost and counted. */
const unwrittenBytesMax = 1024 * 1024;

interface Window {
  endMs: number;
  suppressed: number;
  last: LogLine | undefined;
}

/**
 * Notices as log lines. The first of a kind is written at once; of those that follow within 10 seconds only the last,
 * when the 10 seconds are over, with `suppressed`: how many more there were. So a flood costs six lines a minute, and
 * the last line of a kind is always the newest state. Bounded by the number of kinds.
 *
 * Never throws and never waits: with nobody reading, lines are lost (`linesLost` on the next one); once the reader is
 * gone (EPIPE) nothing is written any more.
 */
export class Log implements Disposable {
  readonly name = "log";
  readonly #stream: Writable;
  readonly #options: LogOptions;
  readonly #runtime: Runtime;
  readonly #redact: Redact;
  readonly #windows = new Map<Notice["kind"], Window>();
  readonly #onError = (): void => {
    this.#broken = true;
  };
  #broken = false;
  #linesLost = 0;

  constructor(stream: Writable, options: LogOptions, runtime: Runtime, redact: Redact) {
    this.#stream = stream;
    this.#options = options;
    this.#runtime = runtime;
    this.#redact = redact;
    stream.on("error", this.#onError);
  }

  /** Lets go of the stream; nothing is written any more. */
  [Symbol.dispose](): void {
    this.#broken = true;
    this.#stream.off("error", this.#onError);
  }

  /** Writes the notice, or counts it. */
  readonly notify = (notice: Notice): void => {
    const { level, message } = describe(notice);
    if (logLevels.indexOf(level) < logLevels.indexOf(this.#options.level)) return;
    const line = this.#line(notice, level, message);
    const window = this.#windows.get(notice.kind);
    const nowMs = this.#runtime.monotonicMs();
    if (window === undefined || nowMs >= window.endMs) {
      this.#write(line, window?.suppressed ?? 0);
      this.#windows.set(notice.kind, { endMs: nowMs + windowMs, suppressed: 0, last: undefined });
      return;
    }
    window.suppressed += 1;
    window.last = line;
  };

  /** Shows what was held back as its time comes, and all of it at the end. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#runtime.sleep(windowMs / 2, signal);
      this.#flush(this.#runtime.monotonicMs());
    }
    this.#flush(Infinity);
  }

  #flush(nowMs: number): void {
    for (const [kind, window] of this.#windows) {
      if (nowMs < window.endMs) continue;
      if (window.last === undefined) {
        this.#windows.delete(kind);
        continue;
      }
      this.#write(window.last, window.suppressed - 1);
      window.endMs = this.#runtime.monotonicMs() + windowMs;
      window.suppressed = 0;
      window.last = undefined;
    }
  }

  #line(notice: Notice, level: LogLevel, message: string): LogLine {
    const fields: Record<string, string | number | boolean> = { notice: notice.kind };
    for (const [name, value] of Object.entries(notice)) {
      if (name === "kind") continue;
      fields[name] =
        typeof value === "string"
          ? this.#safe(value, name === "excerpt" ? excerptCharsMax : textCharsMax)
          : typeof value === "number"
            ? Math.round(value)
            : value;
    }
    return { timeMs: this.#runtime.wallMs(), level, message: this.#safe(message, textCharsMax), fields };
  }

  /** Redacted before it is cut: half a token is still a secret, and no pattern knows it. */
  #safe(text: string, charsMax: number): string {
    const redacted = this.#redact(text);
    return redacted.length > charsMax ? `${redacted.slice(0, charsMax)}…` : redacted;
  }

  #write(line: LogLine, suppressed: number): void {
    if (this.#broken || this.#stream.destroyed) return;
    if (this.#stream.writableLength > unwrittenBytesMax) {
      this.#linesLost += 1;
      return;
    }
    const fields: Record<string, string | number | boolean> = { ...line.fields };
    if (suppressed > 0) fields["suppressed"] = suppressed;
    if (this.#linesLost > 0) fields["linesLost"] = this.#linesLost;
    this.#linesLost = 0;
    const complete = { ...line, fields };
    const { format, colour } = this.#options;
    try {
      this.#stream.write(format === "json" ? jsonLine(complete) : textLine(complete, colour));
    } catch {
      // A synchronous stderr throws where an asynchronous one emits "error".
      this.#broken = true;
    }
  }
}
