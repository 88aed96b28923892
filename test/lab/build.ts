/**
 * Builds the lab's binaries from pinned Go modules, each when it is first asked for, into a cache outside the checkout
 * (`TIDINGS_LAB_CACHE`, else `$XDG_CACHE_HOME/tidings-lab`, else `~/.cache/tidings-lab`). A cached binary is named by
 * the hash of all that defines it, so that it is never stale and costs nothing the next time.
 */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { isAlive } from "./lab-process.ts";
import { tailOf } from "./log-tail.ts";
import { targetOf } from "./targets.ts";
import type { BinaryName, Target } from "./targets.ts";

const run = promisify(execFile);

export type Toolchain =
  | { readonly kind: "present"; readonly version: string }
  /** `reason` is a half sentence for whoever reads why something was skipped. */
  | { readonly kind: "absent"; readonly reason: string };

/** Whether this machine has Go. Without it the lab has no binaries, and callers skip loudly. */
export async function findToolchain(): Promise<Toolchain> {
  try {
    const { stdout } = await run("go", ["version"], { env: goEnvironment() });
    return { kind: "present", version: stdout.trim() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: "absent", reason: `the Go toolchain does not run here: ${detail}` };
  }
}

/** Builds what is missing of them, one after the other. Throws without Go. */
export async function ensureBinaries(names: readonly BinaryName[]): Promise<void> {
  for (const name of names) await ensureBinary(name);
}

/** Path of a binary, which is built first where it is missing. Throws without Go. */
export async function ensureBinary(name: BinaryName): Promise<string> {
  const target = targetOf(name);
  const toolchain = await findToolchain();
  if (toolchain.kind === "absent") throw new Error(`Cannot build ${name}: ${toolchain.reason}`);
  const moduleFolder = join(import.meta.dirname, "modules", target.module);
  const goMod = await readFile(join(moduleFolder, "go.mod"), "utf8");
  const args = buildArguments(target, goMod);
  const key = await keyOf(moduleFolder, [toolchain.version, ...args, JSON.stringify(target)]);
  const folder = join(cacheFolder(), "bin", `${name}-${key}`);
  const binary = join(folder, name);
  if (existsSync(binary)) return binary;

  await using _lock = await lockOf(name, key);
  if (existsSync(binary)) return binary;
  const startMs = Date.now();
  const log = join(cacheFolder(), "log", `${name}.log`);
  await mkdir(join(cacheFolder(), "log"), { recursive: true });
  say(`building ${name} (up to ${target.coldMinutes} min with cold Go caches; log: ${log})`);
  await writeFile(log, "");
  await using work = await workFolder(`${name}-${key}`);
  await cp(moduleFolder, work.path, { recursive: true });
  // `go run pkg@version` refuses -mod=readonly only where it would have to change a go.mod; here it has its own.
  if (target.generate !== undefined) await go(target.generate, work.path, log, name);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await go([...args, "-o", join(partial, name), target.goPackage], work.path, log, name);
  if (target.shippedFiles !== undefined) await copyShipped(target.shippedFiles, work.path, partial);
  await rename(partial, folder);
  say(`built ${name} in ${Math.round((Date.now() - startMs) / 1000)} s`);
  return binary;
}

/** Where binaries, build logs and locks are. */
export function cacheFolder(): string {
  const own = process.env["TIDINGS_LAB_CACHE"];
  if (own !== undefined && own !== "") return own;
  const cache = process.env["XDG_CACHE_HOME"];
  return join(cache === undefined || cache === "" ? join(homedir(), ".cache") : cache, "tidings-lab");
}

/** Nothing of the caller's Go settings that changes what is built. */
function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Where go.dev's own archive puts it, which a shell that is not a login shell may not know.
    PATH: `${process.env["PATH"] ?? ""}${delimiter}/usr/local/go/bin`,
    CGO_ENABLED: "0",
    GOFLAGS: "",
    GOWORK: "off",
  };
}

function buildArguments(target: Target, goMod: string): string[] {
  const ldflags = `-s -w ${target.versionFlags(goMod)}`.trim();
  return ["build", "-p", "2", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", ldflags];
}

async function keyOf(moduleFolder: string, parts: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  for (const file of (await readdir(moduleFolder)).toSorted()) {
    hash.update(file).update("\0");
    hash.update(await readFile(join(moduleFolder, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function go(args: readonly string[], cwd: string, log: string, name: string): Promise<void> {
  await using file = await open(log, "a");
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn("go", args, {
      cwd,
      env: goEnvironment(),
      stdio: ["ignore", file.fd, file.fd],
    });
    child.on("error", reject);
    child.on("exit", resolve);
  });
  if (code === 0) return;
  throw new Error(
    `Building ${name} failed (go ${args[0]} ended with ${code}); log: ${log}\n${await tailOf(log, 30)}`,
  );
}

async function copyShipped(
  shipped: NonNullable<Target["shippedFiles"]>,
  cwd: string,
  folder: string,
): Promise<void> {
  const { stdout } = await run("go", ["mod", "download", "-json", shipped.from], {
    cwd,
    env: goEnvironment(),
  });
  const answer: unknown = JSON.parse(stdout);
  if (typeof answer !== "object" || answer === null || !("Dir" in answer) || typeof answer.Dir !== "string") {
    throw new Error(`go mod download ${shipped.from} names no folder`);
  }
  const directory = answer.Dir;
  const texts = await Promise.all(shipped.paths.map((path) => readFile(join(directory, path), "utf8")));
  await writeFile(join(folder, shipped.name), texts.join("\n---\n"));
}

async function workFolder(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(cacheFolder(), "work", name);
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  await remove();
  await mkdir(path, { recursive: true });
  return { path, [Symbol.asyncDispose]: remove };
}

/** One lock a target: a second process waits for the first one's binary instead of building it again. */
async function lockOf(name: string, key: string): Promise<AsyncDisposable> {
  const folder = join(cacheFolder(), "lock");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${key}`);
  for (let waited = false; ; waited = true) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (await isStale(path)) await rm(path, { force: true });
    else {
      if (!waited) say(`waiting for another process that builds ${name}`);
      await sleep(500);
    }
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(path, "utf8"));
    // An empty file is a lock whose owner is about to write into it, unless it died right there.
    if (pid === 0) return Date.now() - (await stat(path)).mtimeMs > 10_000;
    return !isAlive(pid);
  } catch {
    return false;
  }
}

function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
