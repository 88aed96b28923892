/**
 * One process of the lab: started detached with its output in a log file, awaited, killed, restarted, stopped. It ends
 * with the process that started it, even when that is killed (the kernel's parent-death signal), unless its folder
 * outlives its maker.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { open, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { LabFolder } from "./lab-folder.ts";
import { tailOf } from "./log-tail.ts";
import { until } from "./until.ts";

export interface ProcessSpec {
  /** Unique in its folder: names the log and the pid file. */
  readonly name: string;
  readonly command: string;
  /** At least one argument must hold the folder's path: that is how `down` knows the process as ours. */
  readonly args: readonly string[];
  /** Beside our own; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly folder: LabFolder;
  /** True when it can do its work. A throw means "not yet". */
  readonly isReady: () => Promise<boolean>;
  readonly readyWithinMs: number;
}

const setpriv = "/usr/bin/setpriv";

export class LabProcess implements AsyncDisposable {
  readonly name: string;
  readonly log: string;
  protected readonly folder: LabFolder;
  readonly #spec: ProcessSpec;
  #pid = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
    this.folder = spec.folder;
    this.name = spec.name;
    this.log = join(spec.folder.path, "log", `${spec.name}.log`);
  }

  get pid(): number {
    return this.#pid;
  }

  get isRunning(): boolean {
    return this.#pid !== 0 && isAlive(this.#pid);
  }

  /** Starts it and returns at once; a running one is left alone. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    const { command, args, env, folder } = this.#spec;
    const log = await open(this.log, "a");
    const bound = !folder.outlives && existsSync(setpriv);
    const child = spawn(
      bound ? setpriv : command,
      bound ? ["--pdeathsig", "KILL", "--", command, ...args] : args,
      {
        cwd: folder.path,
        detached: true,
        env: { ...process.env, ...env },
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code) => resolve(code));
      child.once("error", () => resolve(null));
    });
    try {
      await new Promise((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
    } finally {
      await log.close();
    }
    this.#pid = child.pid ?? 0;
    this.#child = child;
    // A part does not keep the test process alive by itself; `ended` does while someone waits for its end.
    child.unref();
    await writeFile(join(folder.path, "pid", this.name), String(this.#pid));
  }

  /** Waits until it can do its work. Throws with the end of its log when it died or takes too long. */
  async ready(): Promise<void> {
    await until(
      async () => {
        if (!this.isRunning) return true;
        return (await this.#spec.isReady()) ? true : undefined;
      },
      { withinMs: this.#spec.readyWithinMs, explain: () => this.explain("is not ready") },
    );
    if (!this.isRunning) throw new Error(await this.explain("died"));
  }

  async startReady(): Promise<void> {
    await this.start();
    await this.ready();
  }

  /** Sends a signal and, where that one ends a process, waits for its end. */
  async kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    if (!this.isRunning) return;
    process.kill(this.#pid, signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    await this.ended();
  }

  /** Starts it again over the same data and ports, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.stop();
    await this.startReady();
  }

  /** Ends it: SIGTERM, and SIGKILL after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    if (this.isRunning) {
      process.kill(this.#pid, "SIGTERM");
      // A stopped process takes the signal only when it goes on.
      process.kill(this.#pid, "SIGCONT");
      const killing = setTimeout(() => {
        if (this.isRunning) process.kill(this.#pid, "SIGKILL");
      }, graceMs);
      await this.ended();
      clearTimeout(killing);
    }
    await rm(join(this.folder.path, "pid", this.name), { force: true });
  }

  /** What went wrong with it, with where its log is, which is kept from now on, and how that ends. */
  async explain(what: string): Promise<string> {
    this.folder.keepLogs();
    return `${this.name} ${what}; log: ${this.log}\n${await tailOf(this.log, 15)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Waits for its end; its exit code, or null where a signal ended it. */
  async ended(): Promise<number | null> {
    this.#child?.ref();
    return this.#exited;
  }
}

/** Whether a process with that pid lives; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return statFields(pid)[0] !== "Z";
}

/** When a process started, in the kernel's ticks since boot; "" where that cannot be read. */
export function startTicksOf(pid: number): string {
  return statFields(pid)[19] ?? "";
}

/**
 * Ends what still runs from a folder: its pid files' processes and containerd's shims, as far as their command lines
 * name the folder. TERM first, so that etcd and Loki can close their files; KILL after five seconds.
 */
export async function killByFolder(
  path: string,
  isMeant: (process: FolderProcess) => boolean = () => true,
): Promise<void> {
  const meant = async (): Promise<readonly FolderProcess[]> => (await processesOf(path)).filter(isMeant);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const { pid } of await meant()) {
      signalIfAlive(pid, signal);
      // A stopped process takes the signal only when it goes on.
      signalIfAlive(pid, "SIGCONT");
    }
    const endMs = Date.now() + 5_000;
    while ((await meant()).length > 0 && Date.now() < endMs) await sleep(50);
  }
}

export interface FolderProcess {
  /** Name of its pid file, or `shim` for one of containerd's. */
  readonly name: string;
  readonly pid: number;
}

/** The folder's living processes. */
export async function processesOf(path: string): Promise<readonly FolderProcess[]> {
  const found: FolderProcess[] = [];
  for (const name of await readdir(join(path, "pid")).catch(() => [])) {
    const pid = Number(await readFile(join(path, "pid", name), "utf8").catch(() => ""));
    // A pid may have been given to a stranger since.
    if (pid > 0 && isAlive(pid) && commandLineOf(pid).some((arg) => arg.includes(`${path}/`))) {
      found.push({ name, pid });
    }
  }
  for (const entry of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const [command = "", ...args] = commandLineOf(Number(entry));
    if (!basename(command).startsWith("containerd-shim")) continue;
    if (args.some((arg) => arg.startsWith(`${path}/`))) found.push({ name: "shim", pid: Number(entry) });
  }
  return found;
}

function commandLineOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Fields of `/proc/PID/stat` from the third on (proc(5)): the command before them may hold blanks and brackets. */
function statFields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
