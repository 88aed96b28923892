import { X509Certificate, createHash } from "node:crypto";

import { NetworkError } from "../net/network-error.ts";
import type { TlsProvider } from "../net/tls-material.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";

export type ClusterIdentity =
  /** `source`: where the uid is from; one made of the CA changes with it. */
  | { readonly kind: "known"; readonly uid: string; readonly source: "kube-system" | "certificate-authority" }
  /** Neither is to be had: the namespace may not be read and the API server's CA is none of our own. */
  | { readonly kind: "unknown" }
  /** Ask again later. */
  | { readonly kind: "failed"; readonly failure: ApiFailure };

const timeoutMs = 10_000;

/**
 * A uid that stays while the cluster does: that of the namespace kube-system, by which everybody tells clusters apart,
 * where we may read it; else a hash of the cluster's CA certificate.
 */
export async function clusterIdentity(
  client: ApiClient,
  tls: TlsProvider,
  signal: AbortSignal,
): Promise<ClusterIdentity> {
  const answer = await client.get("/api/v1/namespaces/kube-system", { timeoutMs }, signal);
  if (answer.kind === "ok") {
    const uid = uidOf(answer.body);
    if (uid !== undefined) return { kind: "known", uid, source: "kube-system" };
  } else if (answer.kind === "network" || (answer.code !== 403 && answer.code !== 404)) {
    return { kind: "failed", failure: answer };
  }
  let ca: string | undefined;
  try {
    ({ ca } = await tls());
  } catch (error) {
    // An exec plugin that fails just now, or a file that is away for a moment.
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", failure: { kind: "network", error: new NetworkError("tls", message) } };
  }
  const uid = ca === undefined ? undefined : fingerprintOf(ca);
  return uid === undefined ? { kind: "unknown" } : { kind: "known", uid, source: "certificate-authority" };
}

function uidOf(body: Uint8Array): string | undefined {
  try {
    const namespace: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof namespace !== "object" || namespace === null || !("metadata" in namespace)) return undefined;
    const { metadata } = namespace;
    if (typeof metadata !== "object" || metadata === null || !("uid" in metadata)) return undefined;
    return typeof metadata.uid === "string" && metadata.uid !== "" ? metadata.uid : undefined;
  } catch {
    return undefined;
  }
}

/** Of the certificate itself, not of its text, which differs by white space between a pod and a kubeconfig. */
function fingerprintOf(caPem: string): string | undefined {
  try {
    return createHash("sha256").update(new X509Certificate(caPem).raw).digest("hex").slice(0, 32);
  } catch {
    return undefined;
  }
}
