/**
 * A network of its own for a whole test file, in which a node is as anywhere else: kube-proxy writes its own iptables,
 * Services have addresses, pods reach the API server, and nothing reaches any other machine. What runs there ends with it.
 *
 * The file runs twice: outside, where it prepares what needs the machine's network, and inside, where its tests are. Only
 * the inner run registers tests, and what it reports goes to the runner that started the outer one.
 */
import { spawn } from "node:child_process";

import { createLabFolder } from "./lab-folder.ts";
import type { LabFolder } from "./lab-folder.ts";

/** The one address there that pods and processes share. */
export const sealedIp = "192.168.77.1";

const folderVariable = "TIDINGS_LAB_SEALED";

/** Inside: the folder of the lab, which whoever is outside clears away. Undefined outside. */
export function sealedFolder(): LabFolder | undefined {
  const path = process.env[folderVariable];
  if (path === undefined) return undefined;
  // A failed run ends with another code than 0, and then all logs are kept.
  return { path, outlives: false, keepLogs: () => {}, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/**
 * Outside: runs the file inside, and passes its exit code on as this process's. Needs root. `name` is the folder's;
 * `environment` is for the inner run.
 */
export async function runSealed(
  file: string,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await using folder = await createLabFolder(name);
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
  const command = ["/bin/sh", "-ec", networkScript, "sealed", process.execPath, ...process.execArgv, file];
  // Whoever ends this process without a word ends all that is inside with it.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "unshare", ...namespaces, "--", ...command], {
    stdio: "inherit",
    env: { ...process.env, ...environment, [folderVariable]: folder.path },
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
  if (code !== 0) folder.keepLogs();
  process.exitCode = code ?? 1;
}

/** The shell stays, as the namespace's first process, which inherits orphans and has to wait for them. */
const networkScript = `
ip link set lo up
ip link add outer type bridge
ip address add ${sealedIp}/24 dev outer
ip link set outer up
ip route add default dev outer
echo 1 > /proc/sys/net/ipv4/ip_forward
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns
"$@" || exit $?
`;
