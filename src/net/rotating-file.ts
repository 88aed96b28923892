import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import type { Runtime } from "../shared/runtime.ts";

export interface RotatingFileOptions {
  /** How long the content is given without a look at the disk. */
  readonly checkIntervalMs: number;
  readonly bytesMax: number;
}

export const rotatingFileDefaults: RotatingFileOptions = { checkIntervalMs: 5000, bytesMax: 1024 * 1024 };

export interface RotatingFileObserver {
  /** New content was read, after the first. */
  onChange(path: string): void;
  /** It cannot be read any more; what was read last is still given. Said once until it can be read again. */
  onFault(message: string): void;
}

/**
 * A small text file that others replace while we run: a token, a certificate, a key. Kubernetes swaps a symbolic link, so
 * it is the file behind the path (inode, size, time of change) that tells whether it is another one.
 */
export class RotatingFile {
  readonly path: string;
  readonly #options: RotatingFileOptions;
  readonly #runtime: Runtime;
  readonly #observer: RotatingFileObserver | undefined;
  #content: { readonly text: string; readonly version: string } | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<string> | undefined;
  #isFaulty = false;

  constructor(path: string, options: RotatingFileOptions, runtime: Runtime, observer?: RotatingFileObserver) {
    this.path = path;
    this.#options = options;
    this.#runtime = runtime;
    this.#observer = observer;
  }

  /** The content. Rejects with an `Error` that says which file and why, only as long as it was never read. */
  text(): Promise<string> {
    if (this.#checking !== undefined) return this.#checking;
    if (this.#content !== undefined && this.#runtime.monotonicMs() < this.#nextCheckMs()) {
      return Promise.resolve(this.#content.text);
    }
    this.#checking = this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** The next `text` looks at the disk, however short the last look lies back. */
  expire(): void {
    this.#checkedMs = Number.NEGATIVE_INFINITY;
  }

  #nextCheckMs(): number {
    return this.#checkedMs + this.#options.checkIntervalMs;
  }

  async #check(): Promise<string> {
    this.#checkedMs = this.#runtime.monotonicMs();
    try {
      const previous = this.#content;
      const content = await this.#read(previous?.version);
      this.#isFaulty = false;
      if (content === undefined || previous === undefined) {
        this.#content ??= content;
      } else {
        this.#content = content;
        if (content.text !== previous.text) this.#observer?.onChange(this.path);
      }
      return this.#content?.text ?? "";
    } catch (error) {
      const message = `Cannot read ${this.path}: ${reasonOf(error)}`;
      if (this.#content === undefined) throw new Error(message, { cause: error });
      if (!this.#isFaulty) this.#observer?.onFault(message);
      this.#isFaulty = true;
      return this.#content.text;
    }
  }

  /** Undefined when it is still the version that is known. */
  async #read(knownVersion: string | undefined): Promise<{ text: string; version: string } | undefined> {
    // Of the open file, not of the path: the link may be swapped between two steps.
    await using file: FileHandle = await open(this.path, "r");
    const { ino, size, mtimeMs, ctimeMs } = await file.stat();
    const version = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    if (version === knownVersion) return undefined;
    if (size > this.#options.bytesMax) {
      throw new Error(
        `it holds ${size} bytes, more than the ${this.#options.bytesMax} that such a file may have`,
      );
    }
    const text = await file.readFile("utf8");
    // A file in the middle of being written; whoever writes it will be done at the next look.
    if (text.trim() === "") throw new Error("it is empty");
    return { text, version };
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "this user may not read it";
    case "EISDIR":
      return "it is a directory";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
