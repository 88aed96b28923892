import type { KubeObject } from "../../lab/kube-api.ts";
import { applyDocumented, mintToken, writeTokenKubeconfig } from "../../lab/service-account.ts";
import type { ServiceAccount } from "../../lab/service-account.ts";
import { until } from "../../lab/until.ts";
import { startLab } from "../lab-suite.ts";
import type { Lab } from "../lab-suite.ts";
import { withAudit } from "./audit.ts";
import { LeaseWitness } from "./lease-witness.ts";
import { Replica } from "./replica.ts";

export interface FaultLabOptions {
  /** Of the API server and of `cluster.eventTTL`. */
  readonly eventTtl: string;
}

/** Two replicas over a real control plane, Loki behind an acknowledging Collector, and the witnesses of both sides. */
export interface FaultLab extends AsyncDisposable {
  readonly lab: Lab;
  readonly account: ServiceAccount;
  readonly clusterName: string;
  readonly replicas: readonly Replica[];
  readonly witness: LeaseWitness;
  /** Starts both, and waits until one leads. */
  start(): Promise<void>;
  /** Waits until exactly one leads and the other follows, both ready. */
  roles(): Promise<Roles>;
  /** And the leader watches, and nothing is on its way. */
  rest(): Promise<void>;
}

export interface Roles {
  readonly leader: Replica;
  readonly follower: Replica;
}

export const tidingsUser = "system:serviceaccount:tidings:tidings";

/** As `deploy/rbac.yaml` and the chart make it. */
export const documentedLease: KubeObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "tidings", namespace: "tidings" },
};

const tokenSeconds = 24 * 3_600;

export async function startFaultLab(name: string, options: FaultLabOptions): Promise<FaultLab> {
  await using started = new AsyncDisposableStack();
  const { eventTtl } = options;
  const lab = started.use(
    await startLab(name, (folder) => withAudit(folder, tidingsUser, { controllers: false, eventTtl })),
  );
  const { plane, folder } = lab;
  const account = await applyDocumented(plane);
  // Minted, because a long run outlives what the API server gives.
  const token = mintToken(plane, account, tokenSeconds);
  const replicas: Replica[] = [];
  for (const replica of ["replica-a", "replica-b"]) {
    replicas.push(
      started.use(
        await Replica.create(folder, {
          name: replica,
          clusterName: name,
          apiPort: Number(new URL(plane.apiServer.url).port),
          kubeconfig: (port) =>
            writeTokenKubeconfig(plane, replica, { token, server: `https://127.0.0.1:${port}` }),
          endpoint: lab.collector.url,
          config: {
            cluster: { eventTTL: eventTtl },
            leader: { election: "always", namespace: "tidings", name: "tidings" },
          },
        }),
      ),
    );
  }
  const { caPem, adminCertPem, adminKeyPem } = plane.pki;
  const witness = started.use(
    new LeaseWitness({
      server: plane.apiServer.url,
      caPem,
      certPem: adminCertPem,
      keyPem: adminKeyPem,
    }),
  );
  const parts = started.move();
  return {
    lab,
    account,
    clusterName: name,
    replicas,
    witness,
    async start() {
      await Promise.all(replicas.map((replica) => replica.start()));
      await rolesOf(replicas, { atRest: true });
    },
    roles: () => rolesOf(replicas, { atRest: false }),
    async rest() {
      await rolesOf(replicas, { atRest: true });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function rolesOf(
  replicas: readonly Replica[],
  { atRest }: { readonly atRest: boolean },
): Promise<Roles> {
  return until(
    async () => {
      const scrapes = await Promise.all(replicas.map((replica) => replica.scrape()));
      const areReady = await Promise.all(replicas.map((replica) => isReady(replica)));
      const leaders = replicas.filter((_, index) => scrapes[index]?.isLeader === true);
      const [leader] = leaders;
      const follower = replicas.find((replica) => replica !== leader);
      const isQuiet = scrapes.every((scrape) => scrape?.queued === 0 && scrape.unsettled === 0);
      const isWatching = scrapes.some((scrape) => scrape?.isLeader === true && scrape.isWatching);
      if (leaders.length !== 1 || leader === undefined || follower === undefined) return undefined;
      if (atRest && !(isQuiet && isWatching)) return undefined;
      return areReady.every(Boolean) ? { leader, follower } : undefined;
    },
    {
      withinMs: 120_000,
      everyMs: 100,
      explain: () => explainAll(replicas, "do not become leader and follower"),
    },
  );
}

async function isReady({ process }: Replica): Promise<boolean> {
  return (await fetch(`${process.url}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
}

/** The ends of both logs, which are kept from now on. */
export async function explainAll(replicas: readonly Replica[], what: string): Promise<string> {
  const texts = await Promise.all(replicas.map((replica) => replica.process.explain(what)));
  return texts.join("\n");
}
