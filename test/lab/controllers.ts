/** kube-controller-manager and kube-scheduler. */
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";

import type { ApiServer } from "./api-server.ts";
import { ensureBinary } from "./build.ts";
import { flags } from "./flags.ts";
import type { LabFolder } from "./lab-folder.ts";
import { LabProcess } from "./lab-process.ts";
import { kubeconfigText } from "./pki.ts";
import type { Pki } from "./pki.ts";
import { freePort } from "./ports.ts";

/** Start it when the API server is ready: before that its roles do not exist and it ends with "forbidden". */
export async function createControllerManager(
  folder: LabFolder,
  api: ApiServer,
  pki: Pki,
  extraArgs: readonly string[] = [],
): Promise<LabProcess> {
  const own = flags({
    "root-ca-file": pki.caFile,
    "use-service-account-credentials": true,
    "service-account-private-key-file": join(pki.folder, "sa.key"),
  });
  return createController("kube-controller-manager", "/healthz", folder, api, pki, [...own, ...extraArgs]);
}

/** See `createControllerManager`. */
export async function createScheduler(
  folder: LabFolder,
  api: ApiServer,
  pki: Pki,
  extraArgs: readonly string[] = [],
): Promise<LabProcess> {
  return createController("kube-scheduler", "/readyz", folder, api, pki, extraArgs);
}

async function createController(
  name: "kube-controller-manager" | "kube-scheduler",
  healthPath: string,
  folder: LabFolder,
  api: ApiServer,
  pki: Pki,
  extraArgs: readonly string[],
): Promise<LabProcess> {
  const command = await ensureBinary(name);
  const port = await freePort();
  const user = await pki.client(name, `system:${name}`);
  const kubeconfig = join(folder.path, `${name}.kubeconfig`);
  await writeFile(kubeconfig, kubeconfigText(api.url, pki.caPem, user), { mode: 0o600 });
  return new LabProcess({
    name,
    command,
    args: [
      ...flags({
        kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": "127.0.0.1",
        "secure-port": port,
        // With leases they end themselves when the API server is away for 10 s, and need 15 s to come back.
        "leader-elect": "false",
      }),
      ...extraArgs,
    ],
    folder,
    isReady: async () => (await statusOf(`https://127.0.0.1:${port}${healthPath}`)) === 200,
    readyWithinMs: 60_000,
  });
}

/** HTTP status of a server whose certificate is its own. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { rejectUnauthorized: false, timeout: 5_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("No answer")));
    outgoing.end();
  });
}
