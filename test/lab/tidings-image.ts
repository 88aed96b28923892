/** tidings' own image, built from the checkout as a user builds it, with base images that are made here. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { mkdir, open, readFile, readdir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { packageVersion } from "../../src/cli/package-version.ts";
import { cacheFolder } from "./build.ts";
import { commandPath } from "./debian-packages.ts";
import { tailOf } from "./log-tail.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** As the chart names it where its values do not say otherwise. */
export const tidingsImage = `tidings:${packageVersion()}`;

/**
 * An archive of the image, from the lab's cache while nothing that it is made of has changed; else built in about
 * 40 s. Needs root, the packages of `podPackages`, and npm's registry.
 */
export async function ensureTidingsImage(): Promise<string> {
  const folder = join(cacheFolder(), "image");
  const key = await keyOf();
  const archive = join(folder, `tidings-${key}.tar`);
  if (existsSync(archive)) return archive;

  await mkdir(folder, { recursive: true });
  const work = join(folder, `work-${process.pid}`);
  await mkdir(work);
  const startMs = Date.now();
  const log = join(folder, "build.log");
  try {
    process.stderr.write(`lab: building the image ${tidingsImage} (log: ${log})\n`);
    const partial = join(work, "image.tar");
    await build(work, log, [checkout, tidingsImage, partial, process.execPath, await npmFolder()]);
    for (const old of await readdir(folder)) {
      // Each is 190 MB.
      if (old.endsWith(".tar")) await rm(join(folder, old));
    }
    await rename(partial, archive);
    process.stderr.write(`lab: built it in ${Math.round((Date.now() - startMs) / 1_000)} s\n`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

async function build(cwd: string, log: string, args: readonly string[]): Promise<void> {
  await using file = await open(log, "w");
  const script = join(import.meta.dirname, "tidings-image.sh");
  // In namespaces of its own, so that no mount and no process stays when it is ended in between.
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
  const code = await new Promise<number | null>((settle, reject) => {
    const child = spawn("unshare", [...namespaces, "--", script, ...args], {
      cwd,
      stdio: ["ignore", file.fd, file.fd],
    });
    child.on("error", reject);
    child.on("exit", settle);
  });
  if (code === 0) return;
  throw new Error(`Building ${tidingsImage} failed; log: ${log}\n${await tailOf(log, 30)}`);
}

/** What the Dockerfile may copy, by `.dockerignore`, and what it is built with. */
async function keyOf(): Promise<string> {
  const ignore = await readFile(join(checkout, ".dockerignore"), "utf8");
  const allowed = Array.from(ignore.matchAll(/^!(.+)$/gm), ([, path = ""]) => path);
  const files = [
    "Dockerfile",
    ".dockerignore",
    "test/lab/tidings-image.sh",
    ...allowed
      .flatMap((path) => globSync([path, `${path}/**`], { cwd: checkout, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1)),
  ];
  const hash = createHash("sha256").update(process.version);
  for (const file of [...new Set(files)].toSorted()) {
    hash.update(`${file}\0`).update(await readFile(join(checkout, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Folder of the machine's npm. */
async function npmFolder(): Promise<string> {
  const command = commandPath("npm");
  if (command === undefined) throw new Error("npm is missing");
  // …/npm/bin/npm-cli.js
  return dirname(dirname(await realpath(command)));
}
