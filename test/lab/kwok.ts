/** Fake nodes: pods there "run" without a container. They give volume, but none of a kubelet's Events. */
import { dirname, join } from "node:path";

import { z } from "zod";

import { ensureBinary } from "./build.ts";
import type { ControlPlane } from "./control-plane.ts";
import { flags } from "./flags.ts";
import { LabProcess } from "./lab-process.ts";
import { until } from "./until.ts";

/** Starts KWOK with `count` nodes, `fake-1` and so on; real nodes are left alone. */
export async function startKwok(plane: ControlPlane, count: number): Promise<LabProcess> {
  const command = await ensureBinary("kwok");
  const kwok = new LabProcess({
    name: "kwok",
    command,
    args: flags({
      config: join(dirname(command), "kwok-stages.yaml"),
      kubeconfig: plane.kubeconfig,
      "manage-all-nodes": "false",
      "manage-nodes-with-annotation-selector": "kwok.x-k8s.io/node=fake",
      "node-ip": "127.0.0.1",
      cidr: "10.245.0.0/24",
      "node-lease-duration-seconds": 40,
    }),
    env: { HOME: plane.folder.path },
    folder: plane.folder,
    isReady: () => Promise.resolve(true),
    readyWithinMs: 10_000,
  });
  await kwok.startReady();
  const capacity = { cpu: "32", memory: "256Gi", pods: "110" };
  for (let index = 1; index <= count; index += 1) {
    const name = `fake-${index}`;
    await plane.admin.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        annotations: { "kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0" },
        labels: {
          type: "kwok",
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
        },
      },
      spec: { taints: [{ key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" }] },
      status: { allocatable: capacity, capacity },
    });
  }
  await until(async () => ((await readyNodes(plane)) >= count ? true : undefined), {
    withinMs: 30_000,
    explain: () => kwok.explain("made no Ready nodes"),
  });
  return kwok;
}

async function readyNodes({ admin }: ControlPlane): Promise<number> {
  const list = nodeList.parse(await admin.get("/api/v1/nodes?labelSelector=type%3Dkwok"));
  return list.items.filter(({ status }) =>
    status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
  ).length;
}

const nodeList = z.object({
  items: z.array(
    z.object({
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
      }),
    }),
  ),
});
