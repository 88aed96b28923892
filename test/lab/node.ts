/**
 * A real node on this machine: containerd, runc and a kubelet that answers on the loopback. Needs root and cgroups.
 * Everything it uses machine-wide is named by the folder's hash and goes away with it (`node-traces.ts`).
 */
import { execFile } from "node:child_process";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

import { ensureBinary } from "./build.ts";
import { busyboxImage, writeBusyboxImage } from "./container-image.ts";
import type { ControlPlane } from "./control-plane.ts";
import { cniPlugins, commandPath, ensureDebianPackages, nodePackages } from "./debian-packages.ts";
import { flags } from "./flags.ts";
import { LabProcess } from "./lab-process.ts";
import { cgroupMounts, nodeNames, removeNodeTraces } from "./node-traces.ts";
import { kubeconfigText } from "./pki.ts";
import { freePorts } from "./ports.ts";
import { until } from "./until.ts";

const run = promisify(execFile);

/** The API server reaches the kubelet by the node's name. */
export const nodeName = "localhost";

export interface Node extends AsyncDisposable {
  readonly containerd: LabProcess;
  readonly kubelet: LabProcess;
  /** Puts an image on the node, from an archive as `docker save` writes it. */
  readonly importImage: (file: string) => Promise<void>;
  /** SIGKILL for a container; `id` as its pod's status has it. */
  readonly killContainer: (id: string) => Promise<void>;
}

/** Why no real node can run here, or undefined when one can. May install Debian packages. */
export async function whyNoNode(): Promise<string | undefined> {
  if (process.platform !== "linux") return "a kubelet needs Linux";
  if (process.getuid?.() !== 0) return "a kubelet needs root";
  const groups = await cgroupMounts();
  if (groups.length === 0) return "no cgroup hierarchy is mounted";
  for (const group of groups) {
    const probe = join(group, `tidings-lab-probe-${process.pid}`);
    try {
      await mkdir(probe);
      await rmdir(probe);
    } catch (error) {
      return `cgroups cannot be made: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return ensureDebianPackages(nodePackages);
}

/** Starts it and waits until Kubernetes calls it Ready, about 3 s. Ask `whyNoNode` first. */
export async function startNode(plane: ControlPlane): Promise<Node> {
  const binary = await ensureBinary("kubelet");
  const { folder } = plane;
  const socket = join(folder.path, "containerd", "containerd.sock");
  if (socket.length >= 100) throw new Error(`Too long for the path of a unix socket: ${socket}`);
  for (const mount of await cgroupMounts()) {
    await mkdir(join(mount, nodeNames(folder.path).cgroup), { recursive: true });
  }

  await using started = new AsyncDisposableStack();
  started.defer(() => removeNodeTraces(folder.path));
  const containerd = started.use(await createContainerd(plane, socket));
  await containerd.startReady();
  const image = join(folder.path, "busybox.tar");
  await writeBusyboxImage(image);
  const ctr = async (...args: readonly string[]): Promise<void> => {
    await run("ctr", ["-a", socket, "-n", "k8s.io", ...args]);
  };
  const importImage = (file: string): Promise<void> => ctr("images", "import", file);
  await importImage(image);

  const kubelet = started.use(await createKubelet(plane, binary, socket));
  await kubelet.startReady();
  await until(async () => ((await isNodeReady(plane)) ? true : undefined), {
    withinMs: 60_000,
    explain: () => kubelet.explain("is not a Ready node"),
  });
  const parts = started.move();
  return {
    containerd,
    kubelet,
    importImage,
    killContainer: (id) => ctr("tasks", "kill", "--signal", "SIGKILL", id.replace("containerd://", "")),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function isNodeReady({ admin }: ControlPlane): Promise<boolean> {
  const node = nodeStatus.parse(await admin.get(`/api/v1/nodes/${nodeName}`));
  return node.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

const nodeStatus = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

async function createContainerd({ folder }: ControlPlane, socket: string): Promise<LabProcess> {
  const { bridge, podSubnet } = nodeNames(folder.path);
  const own = join(folder.path, "containerd");
  const cni = join(folder.path, "cni");
  await mkdir(own);
  await mkdir(cni);
  const network = {
    cniVersion: "0.4.0",
    // The bridge's name, so that the library's notes about it are found by it.
    name: bridge,
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        ipam: {
          type: "host-local",
          dataDir: join(folder.path, "cni-state"),
          ranges: [[{ subnet: podSubnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
  await writeFile(join(cni, "10-lab.conflist"), JSON.stringify(network));
  const config = join(own, "config.toml");
  await writeFile(config, containerdConfig(own, socket, cni));
  return new LabProcess({
    name: "containerd",
    command: commandPath("containerd") ?? "containerd",
    args: flags({ config }),
    folder,
    isReady: async () => (await run("ctr", ["-a", socket, "version"])).stdout !== "",
    readyWithinMs: 30_000,
  });
}

function containerdConfig(own: string, socket: string, cni: string): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(join(own, "root"))}
state = ${text(join(own, "state"))}
disabled_plugins = [
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
  "io.containerd.internal.v1.opt",
]
[grpc]
  address = ${text(socket)}
[debug]
  level = "warn"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(busyboxImage)}
  # Without CAP_SYS_RESOURCE scores cannot be lowered.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(cniPlugins)}
    conf_dir = ${text(cni)}
`;
}

async function createKubelet(plane: ControlPlane, command: string, socket: string): Promise<LabProcess> {
  const { folder, pki, apiServer } = plane;
  const [port = 0, healthPort = 0] = await freePorts(2);
  const server = await pki.server("kubelet-server", [nodeName]);
  const client = await pki.client("kubelet", `system:node:${nodeName}`, ["system:nodes"]);
  const own = join(folder.path, "kubelet");
  await mkdir(own);
  const kubeconfig = join(folder.path, "kubelet.kubeconfig");
  await writeFile(kubeconfig, kubeconfigText(apiServer.url, pki.caPem, client), { mode: 0o600 });
  // JSON, which is YAML.
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "127.0.0.1",
    port,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    healthzPort: healthPort,
    tlsCertFile: server.certFile,
    tlsPrivateKeyFile: server.keyFile,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki.caFile },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${socket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${nodeNames(folder.path).cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    // Without it each pod brings a Warning about missing cluster DNS.
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    // What a machine without CAP_SYS_RESOURCE can give.
    maxOpenFiles: 20_000,
    oomScoreAdj: 0,
    podLogsDir: join(folder.path, "pod-logs"),
    localStorageCapacityIsolation: false,
    // A developer's full disk must not evict the lab's pods.
    evictionHard: {
      "memory.available": "1Mi",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    nodeStatusUpdateFrequency: "5s",
    syncFrequency: "5s",
    fileCheckFrequency: "5s",
    volumePluginDir: join(own, "plugins-exec"),
  };
  const configFile = join(own, "config.yaml");
  await writeFile(configFile, JSON.stringify(config, undefined, 2));
  return new LabProcess({
    name: "kubelet",
    command,
    args: flags({
      config: configFile,
      kubeconfig,
      "root-dir": own,
      "cert-dir": join(own, "pki"),
      "hostname-override": nodeName,
      // What it finds by itself where there is no other network than the loopback is no address of a node.
      "node-ip": plane.apiServer.advertiseIp,
    }),
    folder,
    isReady: async () => (await fetch(`http://127.0.0.1:${healthPort}/healthz`)).ok,
    readyWithinMs: 60_000,
  });
}
