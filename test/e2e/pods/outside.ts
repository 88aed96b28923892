import { execFile } from "node:child_process";
import { suite } from "node:test";
import { promisify } from "node:util";

import { ensureBinaries, findToolchain } from "../../lab/build.ts";
import { ensureClients, whyNoClients } from "../../lab/clients.ts";
import { ensureDebianPackages, podPackages } from "../../lab/debian-packages.ts";
import { whyNoNode } from "../../lab/node.ts";
import { runSealed } from "../../lab/sealed.ts";
import { ensureTidingsImage } from "../../lab/tidings-image.ts";

const run = promisify(execFile);

export const imageVariable = "TIDINGS_LAB_IMAGE";

/** Builds and fetches what needs the network, then runs the file in a sealed one. Skips loudly where that cannot be. */
export async function prepareAndRunSealed(name: string, file: string): Promise<void> {
  const reason = await whyNoPods();
  if (reason !== undefined) {
    process.stderr.write(`SKIPPED: ${name}: ${reason}\n`);
    suite(name, { skip: reason });
    return;
  }
  await ensureBinaries([
    "etcd",
    "etcdctl",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
    "otelcol",
    "loki",
  ]);
  await ensureClients();
  const image = await ensureTidingsImage();
  await runSealed(file, "pods", { [imageVariable]: image });
}

async function whyNoPods(): Promise<string | undefined> {
  const toolchain = await findToolchain();
  if (toolchain.kind === "absent") return toolchain.reason;
  return (
    (await whyNoNode()) ??
    (await whyNoClients()) ??
    (await ensureDebianPackages(podPackages)) ??
    (await whyNoNamespaces())
  );
}

async function whyNoNamespaces(): Promise<string | undefined> {
  try {
    await run("unshare", ["--net", "--mount", "--pid", "--fork", "--mount-proc", "true"]);
    return undefined;
  } catch (error) {
    return `namespaces cannot be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}
