import { ensureClients } from "../../lab/clients.ts";
import { Collector } from "../../lab/collector.ts";
import { startControlPlane } from "../../lab/control-plane.ts";
import type { ControlPlane } from "../../lab/control-plane.ts";
import { Kubectl } from "../../lab/kubectl.ts";
import type { LabFolder } from "../../lab/lab-folder.ts";
import { Loki } from "../../lab/loki.ts";
import { startNode } from "../../lab/node.ts";
import type { Node } from "../../lab/node.ts";
import { sealedIp } from "../../lab/sealed.ts";
import { startCoreDns, startKubeProxy } from "../../lab/service-network.ts";
import { LeaseWitness } from "../leader/lease-witness.ts";

/** A whole cluster, with tidings' image on its node, and Loki behind a Collector that is a Service of the cluster. */
export interface PodLab extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: Node;
  readonly loki: Loki;
  readonly kubectl: Kubectl;
  readonly witness: LeaseWitness;
}

/** The namespace of the release, which the witness looks into. */
export const namespace = "tidings";

/** Where the Collector is for pods. */
export const collectorUrl = "http://otel-collector.observability:4318";

/** Takes about 15 s where all binaries are built. Only in a sealed network. */
export async function startPodLab(folder: LabFolder, image: string): Promise<PodLab> {
  await using started = new AsyncDisposableStack();
  const loki = started.use(await Loki.create(folder));
  const collector = started.use(await Collector.create(folder, loki.url, sealedIp));
  const plane = started.use(await startControlPlane(folder, { advertiseIp: sealedIp }));
  const node = started.use(await startNode(plane));
  started.use(await startKubeProxy(plane));
  const kubectl = new Kubectl(await ensureClients(), plane);
  await Promise.all([
    loki.startReady(),
    collector.startReady(),
    startCoreDns(node, kubectl),
    node.importImage(image),
    makeNamespace(plane),
    makeCollectorService(plane, Number(new URL(collector.url).port)),
  ]);
  const { pki, apiServer } = plane;
  const witness = started.use(
    new LeaseWitness({
      server: apiServer.url,
      caPem: pki.caPem,
      certPem: pki.adminCertPem,
      keyPem: pki.adminKeyPem,
    }),
  );
  const parts = started.move();
  return { plane, node, loki, kubectl, witness, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Where nothing is admitted that Pod Security's strictest profile does not allow. */
async function makeNamespace({ admin }: ControlPlane): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
}

/** The Collector runs beside the cluster; a Service without a selector leads there. */
async function makeCollectorService({ admin }: ControlPlane, port: number): Promise<void> {
  const { hostname, port: servicePort } = new URL(collectorUrl);
  const [name = "", where = ""] = hostname.split(".");
  await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: where } });
  await admin.post(`/api/v1/namespaces/${where}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: Number(servicePort) }] },
  });
  await admin.post(`/apis/discovery.k8s.io/v1/namespaces/${where}/endpointslices`, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ port, protocol: "TCP" }],
    endpoints: [{ addresses: [sealedIp] }],
  });
}
