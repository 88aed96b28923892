/**
 * What a node leaves behind beside its processes: container processes, mounts, network namespaces, a bridge, cgroups.
 * All of it is found by the folder's hash, without containerd, so that a crashed lab is cleared in the same way.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, readlink, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { killByFolder } from "./lab-process.ts";

const run = promisify(execFile);

/** Where containerd's CNI library remembers which network namespace a pod got. */
const cniResults = "/var/lib/cni/results";

/** What a folder's node uses machine-wide; two labs have different ones. */
export interface NodeNames {
  readonly bridge: string;
  /** Root of its containers' groups. Two kubelets with one root kill each other's pods. */
  readonly cgroup: string;
  readonly podSubnet: string;
}

export function nodeNames(folder: string): NodeNames {
  const hash = createHash("sha256").update(folder).digest();
  const id = hash.toString("hex").slice(0, 8);
  // 10.128.0.0/10, beside the usual subnets of a machine.
  const podSubnet = `10.${128 + ((hash[0] ?? 0) % 64)}.${hash[1] ?? 0}.0/24`;
  return { bridge: `tdlab${id}`, cgroup: `tidings-lab-${id}`, podSubnet };
}

/** Mount points of every cgroup hierarchy: several with version 1, one with version 2. */
export async function cgroupMounts(): Promise<readonly string[]> {
  return (await mounts()).filter((mount) => mount.type.startsWith("cgroup")).map((mount) => mount.path);
}

/** Removes them all; nothing happens where no node ran. kubelet and containerd must have ended before. */
export async function removeNodeTraces(folder: string): Promise<void> {
  const { bridge, cgroup } = nodeNames(folder);
  const groups = (await cgroupMounts()).map((mount) => join(mount, cgroup));
  await killGroups(groups);
  await killByFolder(folder, ({ name }) => name === "shim");
  await removeRuntimeState(join(folder, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io"));

  for (const mount of (await mounts()).toReversed()) {
    if (mount.path.startsWith(`${folder}/`)) await run("umount", ["-l", mount.path]).catch(() => {});
  }
  await removeNetworks(bridge);
  await removeLogLinks(folder);
  await run("ip", ["link", "del", bridge]).catch(() => {});
  for (const group of groups) await removeGroup(group);
}

/** The kubelet links each container's log here, wherever its own log folder is. */
async function removeLogLinks(folder: string): Promise<void> {
  const links = "/var/log/containers";
  for (const name of await readdir(links).catch(() => [])) {
    const target = await readlink(join(links, name)).catch(() => "");
    if (target.startsWith(`${folder}/`)) await rm(join(links, name), { force: true });
  }
}

/** The pods' network namespaces, and the notes about them, which are named NETWORK-CONTAINER-INTERFACE. */
async function removeNetworks(network: string): Promise<void> {
  const files = await readdir(cniResults).catch(() => []);
  const pods = files.filter((file) => file.startsWith(`${network}-`)).map((file) => file.split("-")[1] ?? "");
  for (const file of files.filter((name) => pods.some((pod) => name.includes(`-${pod}-`)))) {
    const result = await readFile(join(cniResults, file), "utf8").catch(() => "");
    const namespace = /"sandbox":\s*"([^"]+)"/.exec(result)?.[1];
    if (namespace !== undefined) await run("ip", ["netns", "del", basename(namespace)]).catch(() => {});
    await rm(join(cniResults, file), { force: true });
  }
}

/** The shims' sockets and runc's notes, which lie in /run whatever containerd's own folders are. */
async function removeRuntimeState(tasks: string): Promise<void> {
  for (const task of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, task, "address"), "utf8").catch(() => "");
    if (address.startsWith("unix:///")) await rm(address.slice("unix://".length), { force: true });
    await rm(join("/run/containerd/runc/k8s.io", task), { recursive: true, force: true });
  }
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
