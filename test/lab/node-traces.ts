/**
 * What a node leaves behind beside its processes: container processes, mounts, network namespaces, a bridge, cgroups.
 * All of it is found by the folder's hash, without containerd, so that a crashed lab is cleared in the same way.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where containerd's CNI library remembers which network namespace a pod got. */
const cniResults = "/var/lib/cni/results";

/** Names that a folder's node uses machine-wide. Two kubelets with one cgroup root kill each other's pods. */
export function nodeNames(folder: string): { readonly bridge: string; readonly cgroup: string } {
  const id = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  return { bridge: `lab${id}`, cgroup: `tidings-lab-${id}` };
}

/** Mount points of every cgroup hierarchy: several with version 1, one with version 2. */
export async function cgroupMounts(): Promise<readonly string[]> {
  return (await mounts()).filter((mount) => mount.type.startsWith("cgroup")).map((mount) => mount.path);
}

/** Removes them all; nothing happens where no node ran. Its processes must have ended before. */
export async function removeNodeTraces(folder: string): Promise<void> {
  const { bridge, cgroup } = nodeNames(folder);
  const groups = (await cgroupMounts()).map((mount) => join(mount, cgroup));
  await killGroups(groups);

  for (const mount of (await mounts()).toReversed()) {
    if (mount.path.startsWith(`${folder}/`)) await run("umount", ["-l", mount.path]).catch(() => {});
  }
  for (const file of await readdir(cniResults).catch(() => [])) {
    if (!file.startsWith(`${bridge}-`)) continue;
    const result = await readFile(join(cniResults, file), "utf8").catch(() => "");
    const namespace = /"netns":\s*"([^"]+)"/.exec(result)?.[1];
    if (namespace !== undefined) await run("ip", ["netns", "del", basename(namespace)]).catch(() => {});
    await rm(join(cniResults, file), { force: true });
  }
  await run("ip", ["link", "del", bridge]).catch(() => {});
  for (const group of groups) await removeGroup(group);
}

async function killGroups(groups: readonly string[]): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const pids = new Set((await Promise.all(groups.map(pidsIn))).flat());
    if (pids.size === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended in between.
      }
    }
    await sleep(50);
  }
}

async function pidsIn(group: string): Promise<readonly number[]> {
  const text = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
  const own = text.split("\n").filter(Boolean).map(Number);
  const below = await Promise.all((await subfolders(group)).map(pidsIn));
  return [...own, ...below.flat()];
}

async function removeGroup(group: string): Promise<void> {
  for (const child of await subfolders(group)) await removeGroup(child);
  await rmdir(group).catch(() => {});
}

async function subfolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

async function mounts(): Promise<readonly { readonly path: string; readonly type: string }[]> {
  const text = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, path = "", type = ""]) => ({ path, type }));
}
