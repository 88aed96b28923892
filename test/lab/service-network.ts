/** Service addresses and their names: kube-proxy and CoreDNS. Both only in a sealed network (`sealed.ts`). */
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ensureBinary } from "./build.ts";
import { writeImage } from "./container-image.ts";
import type { ControlPlane } from "./control-plane.ts";
import { flags } from "./flags.ts";
import type { Kubectl } from "./kubectl.ts";
import { LabProcess } from "./lab-process.ts";
import { nodeNames } from "./node-traces.ts";
import { nodeName } from "./node.ts";
import type { Node } from "./node.ts";
import { kubeconfigText } from "./pki.ts";
import { freePort } from "./ports.ts";

/** Starts kube-proxy, which writes this network's iptables. */
export async function startKubeProxy({ folder, pki, apiServer }: ControlPlane): Promise<LabProcess> {
  const command = await ensureBinary("kube-proxy");
  const user = await pki.client("kube-proxy", "system:kube-proxy");
  const kubeconfig = join(folder.path, "kube-proxy.kubeconfig");
  await writeFile(kubeconfig, kubeconfigText(apiServer.url, pki.caPem, user), { mode: 0o600 });
  const port = await freePort();
  const config = join(folder.path, "kube-proxy.yaml");
  // JSON, which is YAML.
  const configuration = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: nodeNames(folder.path).podSubnet,
    hostnameOverride: nodeName,
    bindAddress: "127.0.0.1",
    healthzBindAddress: "",
    metricsBindAddress: `127.0.0.1:${port}`,
    clientConnection: { kubeconfig },
    // Nothing of the machine's kernel settings is changed.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    iptables: { minSyncPeriod: "0s", syncPeriod: "30s" },
  };
  await writeFile(config, JSON.stringify(configuration, undefined, 2));
  const proxy = new LabProcess({
    name: "kube-proxy",
    command,
    args: flags({ config }),
    folder,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/proxyMode`)).ok,
    readyWithinMs: 30_000,
  });
  await proxy.startReady();
  return proxy;
}

/** Brings CoreDNS up as a pod; then pods find Services by name. Needs kube-proxy. */
export async function startCoreDns(node: Node, kubectl: Kubectl): Promise<void> {
  const binary = await ensureBinary("coredns");
  const image = join(kubectl.folder, "coredns.tar");
  await writeImage(image, "lab.local/coredns:1", { Entrypoint: ["/coredns"] }, (root) =>
    copyFile(binary, join(root, "coredns")),
  );
  await node.importImage(image);
  await kubectl.run("apply", "-f", join(import.meta.dirname, "conf", "coredns.yaml"));
  await kubectl.run("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s");
}
