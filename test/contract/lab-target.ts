import { z } from "zod";

import type { ControlPlane } from "../lab/control-plane.ts";
import { createServiceAccount, requestToken, type ServiceAccount } from "../lab/service-account.ts";
import type { ExpiringTarget } from "./contract-target.ts";
import { connectHttp2 } from "./http2-client.ts";

const written = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

export interface OwnedLabTarget extends Disposable {
  readonly target: ExpiringTarget;
}

/** A real kube-apiserver, entered with the rights that tidings documents. */
export async function createLabTarget(plane: ControlPlane): Promise<OwnedLabTarget> {
  const reader = await createServiceAccount(plane, "contract-reader");
  const poor = await createServiceAccount(plane, "contract-powerless", []);
  const namespace = "contract";
  await plane.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await grantLeases(plane, reader, namespace);
  const client = connectHttp2(plane.apiServer.url, plane.pki.caPem);
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  return {
    target: {
      http: client.http,
      token: await requestToken(plane, reader),
      powerless: {
        token: await requestToken(plane, poor),
        userName: `system:serviceaccount:${poor.namespace}:${poor.name}`,
      },
      namespace,
      // Time does it, where the server has a short --event-ttl.
      expire: () => Promise.resolve(),
      writer: {
        create: async (name, note) => {
          const event = await plane.admin.post(path, {
            apiVersion: "events.k8s.io/v1",
            kind: "Event",
            metadata: { name, namespace },
            regarding: { apiVersion: "v1", kind: "Pod", name: "contract", namespace, uid: "contract" },
            reason: "Contract",
            note,
            type: "Normal",
            action: "Testing",
            reportingController: "tidings.test/contract",
            reportingInstance: "contract-1",
            eventTime: microsText(),
          });
          return written.parse(event).metadata.resourceVersion;
        },
        repeat: async (name, count) => {
          const series = { count, lastObservedTime: microsText() };
          const event = await plane.admin.patch(`${path}/${name}`, { series });
          return written.parse(event).metadata.resourceVersion;
        },
        delete: (name) => plane.admin.delete(`${path}/${name}`),
        deleteLease: (name) =>
          plane.admin.delete(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`),
        compact: async () => {
          await plane.etcd.compact();
        },
      },
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** Those of any name: what is documented is for the one of tidings alone. */
async function grantLeases(
  { admin }: ControlPlane,
  account: ServiceAccount,
  namespace: string,
): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  const apiVersion = `${apiGroup}/v1`;
  const metadata = { name: "contract-leases", namespace };
  const rules = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
  ];
  await admin.apply({ apiVersion, kind: "Role", metadata, rules });
  await admin.apply({
    apiVersion,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup, kind: "Role", name: metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
  });
}

/** A MicroTime: RFC 3339 with exactly six decimals. */
function microsText(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
