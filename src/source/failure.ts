import type { ApiFailure } from "../kubernetes/api-client.ts";
import type { Notice } from "../model/notice.ts";
import { assertNever } from "../shared/assert-never.ts";

/** Why a request for Events brought none: the API server's or the network's word, or an answer that is no list. */
export type SourceFailure = ApiFailure | { readonly kind: "malformed"; readonly fault: string };

/** The server's own wish in ms; 0 where it has none. */
export function retryAfterMsOf(failure: SourceFailure): number {
  return failure.kind === "status" ? (failure.retryAfterMs ?? 0) : 0;
}

/** What to say of a failed `verb` on the Events, which is tried again after `retryInMs`. */
export function noticeOfFailure(verb: "list" | "watch", failure: SourceFailure, retryInMs: number): Notice {
  const operation = `${verb} events`;
  switch (failure.kind) {
    case "network":
      return { kind: "api_server_failed", operation, detail: failure.error.message, retryInMs };
    case "malformed":
      return { kind: "api_server_failed", operation, detail: failure.fault, retryInMs };
    case "status": {
      const detail = failure.message;
      if (failure.code === 401) return { kind: "credentials_refused", detail, retryInMs };
      if (failure.code === 403) {
        return { kind: "permission_missing", verb, resource: "events.events.k8s.io", detail, retryInMs };
      }
      return {
        kind: "api_server_failed",
        operation,
        detail: `HTTP ${failure.code} ${failure.reason}: ${failure.message}`,
        retryInMs,
      };
    }
    default:
      return assertNever(failure);
  }
}
