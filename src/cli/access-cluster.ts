import { homedir } from "node:os";

import type { Config } from "../config/schema.ts";
import type { Environment } from "../config/value-source.ts";
import type { ClusterAccess } from "../kubernetes/cluster-access.ts";
import { inClusterAccess, serviceAccountNamespace } from "../kubernetes/in-cluster.ts";
import type { RotatingFileObserver } from "../net/rotating-file.ts";
import type { Runtime } from "../shared/runtime.ts";

/**
 * The way to the cluster: the configured kubeconfig; without one the pod's own service account, where this is a pod; else
 * the kubeconfig that kubectl would take. Rejects with an `Error` fit for a person.
 */
export async function accessCluster(
  { kubeconfig, context }: Config["kubernetes"],
  environment: Environment,
  runtime: Runtime,
  observer: RotatingFileObserver,
): Promise<ClusterAccess> {
  const service = serviceOf({ kubeconfig, context }, environment);
  if (service !== undefined) return inClusterAccess(service, runtime, observer);
  const [{ kubeconfigAccess }, { kubeconfigFiles }] = await Promise.all([
    import("../kubernetes/kubeconfig.ts"),
    import("../kubernetes/kubeconfig-files.ts"),
  ]);
  const files = kubeconfigFiles(kubeconfig, environment["HOME"] ?? homedir());
  return await kubeconfigAccess({ files, context: context === "" ? undefined : context }, runtime, observer);
}

/** The namespace of the pod that this is; undefined where the way to the cluster is a kubeconfig. */
export function podNamespace(kubernetes: Config["kubernetes"], environment: Environment): string | undefined {
  return serviceOf(kubernetes, environment) === undefined ? undefined : serviceAccountNamespace();
}

/** The API server as a pod sees it; undefined where this is none, or a kubeconfig is to be used. */
function serviceOf(
  { kubeconfig, context }: Config["kubernetes"],
  environment: Environment,
): { readonly host: string; readonly port: string } | undefined {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "";
  return kubeconfig === "" && context === "" && host !== "" && port !== "" ? { host, port } : undefined;
}
