import type { Notify } from "../model/notice.ts";
import type { TlsProvider } from "../net/tls-material.ts";
import { Backoff, type BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { ApiClient } from "./api-client.ts";
import { clusterIdentity } from "./cluster-identity.ts";

/** An API server that has just started forbids everything until it knows its roles; a right that was just given takes as long. */
const forbiddenMsMax = 6000;
const forbiddenRetryMs = 1000;

/**
 * The cluster's uid, asked for until there is an answer: it stands on every record, so nothing is read before it is
 * known. "" where the cluster has none to give, or when `signal` aborts.
 *
 * Where the namespace may not be read it is asked for some seconds on, because what stands in for it makes another cluster
 * of this one: its checkpoint would be refused, and everything delivered again.
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
  const startedMs = runtime.monotonicMs();
  while (!signal.aborted) {
    const identity = await clusterIdentity(client, tls, signal);
    if (signal.aborted) break;
    if (identity.kind !== "failed") {
      const isSure = identity.kind === "known" && identity.source === "kube-system";
      if (isSure || runtime.monotonicMs() - startedMs >= forbiddenMsMax) {
        return identity.kind === "known" ? identity.uid : "";
      }
      await runtime.sleep(forbiddenRetryMs, signal);
      continue;
    }

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
