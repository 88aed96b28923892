import { checkpointAnnotation } from "../../src/leader/checkpoint.ts";
import type { LeaseStore, StoredLease } from "../../src/standin/api-server/lease-store.ts";
import type { LeaseText } from "./oracle/fencing.ts";
import type { LeaseDeed } from "./scenario.ts";

export const leaseName = { namespace: "tidings", name: "tidings" };

/** Such as somebody leaves who copies a Lease from one cluster to another. */
const foreignCheckpoint = JSON.stringify({
  v: 1,
  cluster: "00000000-0000-4000-8000-000000000000",
  acknowledged: { "*": "7" },
  read: { "*": "7" },
  time: "2025-01-01T00:00:00.000Z",
  epoch: 0,
});

export function storedLease(leases: LeaseStore): StoredLease | undefined {
  return leases.get(leaseName.namespace, leaseName.name);
}

export function leaseTextOf(lease: StoredLease | undefined): LeaseText | undefined {
  return lease === undefined
    ? undefined
    : {
        holder: lease.spec.holderIdentity ?? "",
        checkpoint: lease.metadata.annotations?.[checkpointAnnotation],
      };
}

/** What people and tools do to a Lease that is not theirs. */
export function tamper(leases: LeaseStore, deed: LeaseDeed): void {
  const lease = storedLease(leases);
  if (lease === undefined) return;
  const { namespace, name } = leaseName;
  const put = (metadata: Readonly<Record<string, unknown>>): void => {
    leases.put(namespace, name, { ...lease, metadata: { ...lease.metadata, ...metadata } });
  };
  const annotate = (key: string, value: string): void =>
    put({ annotations: { ...lease.metadata.annotations, [key]: value } });
  switch (deed) {
    case "annotate":
      annotate("example.com/seen-at", lease.metadata.resourceVersion);
      return;
    case "label":
      put({ labels: { team: "example" } });
      return;
    case "delete":
      leases.delete(namespace, name);
      return;
    case "break_checkpoint":
      annotate(checkpointAnnotation, '{"v":1,"acknowledged"');
      return;
    case "foreign_checkpoint":
      annotate(checkpointAnnotation, foreignCheckpoint);
      return;
  }
}
