import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** All that the processes of a bench say to each other. */
export interface Message {
  readonly kind: string;
  readonly value: number;
}

/** What a process started by `startChild` says to the bench. */
export function tellParent(kind: string, value: number): void {
  process.send?.({ kind, value } satisfies Message);
}

export function onParentMessage(listener: (message: Message) => void): void {
  process.on("message", (message) => {
    if (isMessage(message)) listener(message);
  });
}

/** A process of its own, with what it said last. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #heard = new Map<string, number>();
  readonly #name: string;
  #changed: (() => void)[] = [];
  #errors = "";

  constructor(
    file: URL,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    nodeFlags: readonly string[] = [],
  ) {
    this.#name = file.pathname;
    this.#process = fork(fileURLToPath(file), args, {
      env: { ...process.env, ...environment },
      // As a user runs it: none of the bench's own flags.
      execArgv: [...nodeFlags],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#process.stderr?.on("data", (data: Buffer) => {
      this.#errors = `${this.#errors}${data.toString()}`.slice(-4000);
    });
    this.#process.on("message", (message) => {
      if (!isMessage(message)) return;
      this.#heard.set(message.kind, message.value);
      this.#wake();
    });
    this.#process.on("exit", () => this.#wake());
  }

  get pid(): number {
    return this.#process.pid ?? Number.NaN;
  }

  /** What it said last of this kind; NaN before. */
  heard(kind: string): number {
    return this.#heard.get(kind) ?? Number.NaN;
  }

  forget(kind: string): void {
    this.#heard.delete(kind);
  }

  tell(kind: string, value: number): void {
    this.#process.send({ kind, value } satisfies Message);
  }

  /** Waits until it has said a value of this kind of at least `least`. Rejects when it ends first, or too late. */
  async until(kind: string, least: number, withinMs: number): Promise<number> {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      const value = this.heard(kind);
      if (value >= least) return value;
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        throw new Error(`${this.#name} ended: ${this.#errors}`);
      }
      if (performance.now() > deadlineMs) {
        throw new Error(
          `${this.#name}: no ${kind} of ${least} (${value}) within ${withinMs} ms. ${this.#errors}`,
        );
      }
      await this.#change(Math.max(1, deadlineMs - performance.now()));
    }
  }

  /** SIGTERM, and its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      this.#process.once("exit", () => resolve());
    });
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#changed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const wake of changed) wake();
  }
}

function isMessage(value: unknown): value is Message {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    typeof value.kind === "string" &&
    "value" in value &&
    typeof value.value === "number"
  );
}
