/** ServiceAccounts with only what tidings documents, and their tokens. */
import { createHash, createPublicKey, sign } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parseAllDocuments } from "yaml";
import { z } from "zod";

import { serviceAccountIssuer } from "./api-server.ts";
import type { ControlPlane } from "./control-plane.ts";
import { pathOf } from "./kube-api.ts";
import type { KubeObject } from "./kube-api.ts";
import { kubeconfigText } from "./pki.ts";

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type PolicyRule = z.infer<typeof policyRule>;

const policyRule = z.object({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});

/** What users are told to grant: the ClusterRole of `deploy/rbac.yaml`, word for word. */
async function documentedRules(): Promise<readonly PolicyRule[]> {
  for (const document of await documentedObjects()) {
    const role = clusterRole.safeParse(document);
    if (role.success) return role.data.rules;
  }
  throw new Error(`${documentedFile} holds no ClusterRole`);
}

async function documentedObjects(): Promise<readonly unknown[]> {
  const text = await readFile(documentedFile, "utf8");
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

const documentedFile = join(import.meta.dirname, "../../deploy/rbac.yaml");

const kubeObject = z.custom<KubeObject>(
  (value) =>
    z
      .object({ apiVersion: z.string(), kind: z.string(), metadata: z.object({ name: z.string() }) })
      .safeParse(value).success,
);

const appliedObject = z.object({ metadata: z.object({ uid: z.string() }) });

const clusterRole = z.object({ kind: z.literal("ClusterRole"), rules: z.array(policyRule) });

/** Makes a ServiceAccount in a namespace of its own name, with a ClusterRole of these rules or the documented ones. */
export async function createServiceAccount(
  { admin }: ControlPlane,
  name: string,
  rules?: readonly PolicyRule[],
): Promise<ServiceAccount> {
  const granted = rules ?? (await documentedRules());
  await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const account = await admin.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: name },
  });
  const rbac = "rbac.authorization.k8s.io";
  await admin.apply({ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules: granted });
  await admin.apply({
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: name }],
  });
  const { metadata } = z.object({ metadata: z.object({ uid: z.string() }) }).parse(account);
  return { namespace: name, name, uid: metadata.uid };
}

/** All of `deploy/rbac.yaml`, as a user applies it: with the Lease, and the right to hold it. */
export async function applyDocumented({ admin }: ControlPlane): Promise<ServiceAccount> {
  let account: ServiceAccount | undefined;
  for (const document of await documentedObjects()) {
    const object = kubeObject.parse(document);
    const applied = appliedObject.parse(await admin.apply(object));
    const { name, namespace = "" } = object.metadata;
    if (object.kind === "ServiceAccount") account = { namespace, name, uid: applied.metadata.uid };
  }
  if (account === undefined) throw new Error("The documented objects hold no ServiceAccount");
  return account;
}

/** Beyond what is documented: it may also make a Lease anew that was deleted. `revoke` takes that back. */
export async function grantLeaseCreation(
  { admin }: ControlPlane,
  { namespace, name: account }: ServiceAccount,
): Promise<{ readonly revoke: () => Promise<void> }> {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: `${account}-creates-leases`, namespace };
  // The name of what is to be created is in the body, where RBAC does not look.
  const rules = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] }];
  await admin.apply({ apiVersion, kind: "Role", metadata, rules });
  const binding: KubeObject = {
    apiVersion,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  };
  await admin.apply(binding);
  return { revoke: () => admin.delete(pathOf(binding)) };
}

/** A token from the API server, good for an hour. */
export async function requestToken({ admin }: ControlPlane, account: ServiceAccount): Promise<string> {
  const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
  const answer = await admin.post(path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3_600 },
  });
  return z.object({ status: z.object({ token: z.string() }) }).parse(answer).status.token;
}

/**
 * A token with the cluster's own signature that expires in `seconds`, which may be negative; the API server itself
 * gives none below 10 minutes. It allows 60 s of leeway and caches a good token for up to 10 s.
 */
export function mintToken({ pki }: ControlPlane, account: ServiceAccount, seconds: number): string {
  const key = pki.serviceAccountKeyPem;
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const kid = createHash("sha256").update(publicKey).digest("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const signed = [
    { alg: "ES256", kid },
    {
      aud: [serviceAccountIssuer],
      iss: serviceAccountIssuer,
      iat: now - 3_600,
      nbf: now - 3_600,
      exp: now + seconds,
      sub: `system:serviceaccount:${account.namespace}:${account.name}`,
      "kubernetes.io": {
        namespace: account.namespace,
        serviceaccount: { name: account.name, uid: account.uid },
      },
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** Writes a kubeconfig with that token; returns its path. Server and CA are the control plane's own by default. */
export async function writeTokenKubeconfig(
  { folder, apiServer, pki }: ControlPlane,
  name: string,
  options: { readonly token: string; readonly server?: string; readonly caPem?: string },
): Promise<string> {
  const path = join(folder.path, `${name}.kubeconfig`);
  const { token, server = apiServer.url, caPem = pki.caPem } = options;
  await writeFile(path, kubeconfigText(server, caPem, { token }), { mode: 0o600 });
  return path;
}
