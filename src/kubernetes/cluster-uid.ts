import type { Notify } from "../model/notice.ts";
import type { TlsProvider } from "../net/tls-material.ts";
import { Backoff, type BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { ApiClient } from "./api-client.ts";
import { clusterIdentity } from "./cluster-identity.ts";

/**
 * The cluster's uid, asked for until there is an answer: it stands on every record, so nothing is read before it is
 * known. "" where the cluster has none to give, or when `signal` aborts.
 */
export async function clusterUid(
  client: ApiClient,
  tls: TlsProvider,
  policy: BackoffPolicy,
  runtime: Runtime,
  notify: Notify,
  signal: AbortSignal,
): Promise<string> {
  const backoff = new Backoff(policy, runtime);
  while (!signal.aborted) {
    const identity = await clusterIdentity(client, tls, signal);
    if (identity.kind === "known") return identity.uid;
    if (identity.kind === "unknown") return "";
    if (signal.aborted) break;

    const { failure } = identity;
    const retryAfterMs = failure.kind === "status" ? (failure.retryAfterMs ?? 0) : 0;
    const retryInMs = Math.round(Math.max(backoff.nextDelayMs(), retryAfterMs));
    const detail = failure.kind === "status" ? failure.message : failure.error.message;
    notify(
      failure.kind === "status" && failure.code === 401
        ? { kind: "credentials_refused", detail, retryInMs }
        : { kind: "api_server_failed", operation: "get the namespace kube-system", detail, retryInMs },
    );
    await runtime.sleep(retryInMs, signal);
  }
  return "";
}
