import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ApiServer } from "./api-server.ts";
import type { ApiServerOptions } from "./api-server.ts";
import { ensureBinaries } from "./build.ts";
import { createControllerManager, createScheduler } from "./controllers.ts";
import { Etcd } from "./etcd.ts";
import type { KubeApi } from "./kube-api.ts";
import type { LabFolder } from "./lab-folder.ts";
import type { LabProcess } from "./lab-process.ts";
import { createPki, kubeconfigText } from "./pki.ts";
import type { Pki } from "./pki.ts";
import { until } from "./until.ts";

export interface ControlPlaneOptions extends ApiServerOptions {
  /** False leaves out controller-manager and scheduler: enough for Events that are written by hand. */
  readonly controllers?: boolean;
  readonly controllerManagerArgs?: readonly string[];
}

/** etcd, kube-apiserver and, unless left out, kube-controller-manager and kube-scheduler. Needs no root. */
export interface ControlPlane extends AsyncDisposable {
  readonly folder: LabFolder;
  readonly pki: Pki;
  readonly etcd: Etcd;
  readonly apiServer: ApiServer;
  readonly controllerManager: LabProcess | undefined;
  readonly scheduler: LabProcess | undefined;
  readonly admin: KubeApi;
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string;
}

/** About 8 s from an empty folder, 3 s without controllers; more where binaries are missing, which it says. */
export async function startControlPlane(
  folder: LabFolder,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const withControllers = options.controllers ?? true;
  // All before the first start: a build takes minutes, in which nothing should run beside it.
  await ensureBinaries(["etcd", "etcdctl", "kube-apiserver"]);
  if (withControllers) await ensureBinaries(["kube-controller-manager", "kube-scheduler"]);

  await using started = new AsyncDisposableStack();
  const pki = await createPki(join(folder.path, "pki"));
  const etcd = started.use(await Etcd.create(folder));
  const apiServer = started.use(await ApiServer.create(folder, etcd, pki, options));
  await Promise.all([etcd.startReady(), apiServer.startReady()]);

  const kubeconfig = join(folder.path, "admin.kubeconfig");
  const user = { certPem: pki.adminCertPem, keyPem: pki.adminKeyPem };
  await writeFile(kubeconfig, kubeconfigText(apiServer.url, pki.caPem, user), { mode: 0o600 });

  let controllerManager: LabProcess | undefined;
  let scheduler: LabProcess | undefined;
  if (withControllers) {
    const managerArgs = options.controllerManagerArgs ?? [];
    controllerManager = started.use(await createControllerManager(folder, apiServer, pki, managerArgs));
    scheduler = started.use(await createScheduler(folder, apiServer, pki));
    await Promise.all([controllerManager.startReady(), scheduler.startReady()]);
    const manager = controllerManager;
    // What a first pod needs; the controller-manager makes it.
    await until(() => apiServer.admin.get("/api/v1/namespaces/default/serviceaccounts/default"), {
      withinMs: 60_000,
      explain: () => manager.explain("made no default ServiceAccount"),
    });
  }
  const parts = started.move();
  return {
    folder,
    pki,
    etcd,
    apiServer,
    controllerManager,
    scheduler,
    admin: apiServer.admin,
    kubeconfig,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
