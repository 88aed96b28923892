/** What the lab needs from the distribution. It installs it itself where it is root on Debian. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Folder of the CNI plugins in Debian's package. */
export const cniPlugins = "/usr/lib/cni";

interface DebianPackage {
  readonly package: string;
  readonly isThere: () => boolean;
}

/** What a node needs. */
export const nodePackages: readonly DebianPackage[] = [
  withCommand("containerd"),
  withCommand("runc"),
  { package: "containernetworking-plugins", isThere: () => existsSync(join(cniPlugins, "bridge")) },
  withCommand("busybox", "busybox-static"),
  withCommand("ip", "iproute2"),
];

/** What unpacks helm and kubectl. */
export const clientPackages: readonly DebianPackage[] = [withCommand("unzip")];

/** What Service addresses and an image that is built here need besides. */
export const podPackages: readonly DebianPackage[] = [
  ...nodePackages,
  ...clientPackages,
  withCommand("iptables"),
  withCommand("buildah"),
  withCommand("mmdebstrap"),
];

function withCommand(command: string, name: string = command): DebianPackage {
  return { package: name, isThere: () => commandPath(command) !== undefined };
}

/** Path of a command, also where the caller's PATH lacks the sbin folders. */
export function commandPath(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Installs what is missing. Returns why it cannot, or undefined when all is there. */
export async function ensureDebianPackages(needed: readonly DebianPackage[]): Promise<string | undefined> {
  const missing = needed.filter((entry) => !entry.isThere()).map((entry) => entry.package);
  if (missing.length === 0) return undefined;
  const command = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || commandPath("apt-get") === undefined) return `install first: ${command}`;
  process.stderr.write(`lab: ${command}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-q"], { env });
    // Its own services are not wanted: the lab starts its containerd with its own socket.
    await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], { env });
  } catch (error) {
    return `${command} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  const still = needed.filter((entry) => !entry.isThere()).map((entry) => entry.package);
  return still.length === 0 ? undefined : `${command} did not bring ${still.join(", ")}`;
}
