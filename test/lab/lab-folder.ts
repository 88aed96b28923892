/**
 * One running lab's folder: data, logs and pid files of all its parts. Folders lie together under one root, so that a
 * later run finds what a crashed one left (`sweep`) and `npm run lab -- down` takes away every trace.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { isAlive, killByFolder, startTicksOf } from "./lab-process.ts";
import { removeNodeTraces } from "./node-traces.ts";

export interface LabFolder extends AsyncDisposable {
  readonly path: string;
  /** True when its processes go on after this one has ended (`npm run lab -- up`). */
  readonly outlives: boolean;
  /** Keeps the logs when the folder is given up: called when something went wrong in it. */
  keepLogs(): void;
}

/** Short, because the path of containerd's socket must stay below 100 characters. */
export function labRoot(): string {
  return process.env["TIDINGS_LAB_DATA"] ?? join(tmpdir(), `tidings-lab-${userInfo().uid}`);
}

/** Makes a new folder, after clearing away what dead owners left. Throws when a living lab has that name. */
export async function createLabFolder(
  name: string,
  options: { readonly outlives: boolean } = { outlives: false },
): Promise<LabFolder> {
  await sweep();
  const path = join(labRoot(), options.outlives ? name : `${name}-${process.pid}`);
  await mkdir(labRoot(), { recursive: true, mode: 0o755 });
  await mkdir(path, { mode: 0o755 });
  await mkdir(join(path, "pid"));
  await mkdir(join(path, "log"));
  const owner: Owner = {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    outlives: options.outlives,
  };
  await writeFile(join(path, "owner.json"), JSON.stringify(owner));

  let keep = process.env["TIDINGS_LAB_KEEP"] !== undefined;
  return {
    path,
    outlives: options.outlives,
    keepLogs: () => {
      keep = true;
    },
    [Symbol.asyncDispose]: () => removeLabFolder(path, { keepLogs: keep }),
  };
}

/** Ends all that runs from the folder, unmounts what is mounted below it, and removes it. */
export async function removeLabFolder(path: string, options: { readonly keepLogs: boolean }): Promise<void> {
  // containerd's shims do not end before their containers.
  await killByFolder(path, ({ name }) => name !== "shim");
  await removeNodeTraces(path);
  if (!options.keepLogs) {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    return;
  }
  const entries = await readdir(path).catch(() => []);
  for (const entry of entries) {
    if (entry !== "log") await rm(join(path, entry), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Removes the folders whose owner is dead. Those that outlive their maker stay until `down`; kept logs stay too. */
export async function sweep(): Promise<void> {
  for (const path of await labFolders()) {
    const owner = await ownerOf(path);
    if (owner === undefined || owner.outlives) continue;
    const alive = isAlive(owner.pid) && startTicksOf(owner.pid) === owner.startTicks;
    if (!alive) await removeLabFolder(path, { keepLogs: false });
  }
}

/** Removes the logs that failed runs kept. */
export async function removeKeptLogs(): Promise<void> {
  for (const path of await labFolders()) {
    if (!existsSync(join(path, "pid"))) await removeLabFolder(path, { keepLogs: false });
  }
}

async function labFolders(): Promise<readonly string[]> {
  const names = await readdir(labRoot()).catch(() => []);
  return names.map((name) => join(labRoot(), name));
}

interface Owner {
  readonly pid: number;
  /** A pid can be given again; together with its start it is one process. */
  readonly startTicks: string;
  readonly outlives: boolean;
}

/** Undefined where there is none: kept logs, or a folder that is being made. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(path, "owner.json"), "utf8"));
  } catch {
    return undefined;
  }
}
