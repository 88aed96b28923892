/**
 * A rare thing that tidings says about itself. Said once, where it happens; the log line and the counter of rare things
 * are derived from it in `telemetry/`, so a new notice without both does not compile. What happens per Event is a plain
 * counter, never a notice.
 */
export type Notice =
  // The process
  /** `cluster`: the way to it, such as `the service account of this pod`. */
  | { readonly kind: "started"; readonly version: string; readonly cluster: string; readonly output: string }
  | { readonly kind: "stopping"; readonly cause: string }
  | { readonly kind: "stopped"; readonly undelivered: number; readonly durationMs: number }
  // The API server
  | { readonly kind: "list_started"; readonly cause: ListCause }
  | {
      readonly kind: "list_finished";
      readonly cause: ListCause;
      readonly events: number;
      readonly durationMs: number;
    }
  /** `renewed`: after one that had reached its length. */
  | { readonly kind: "watch_started"; readonly resourceVersion: string; readonly renewed: boolean }
  | { readonly kind: "watch_ended"; readonly cause: WatchEnd; readonly detail: string }
  | {
      readonly kind: "api_server_failed";
      readonly operation: string;
      readonly detail: string;
      readonly retryInMs: number;
    }
  | {
      readonly kind: "permission_missing";
      readonly verb: string;
      readonly resource: string;
      readonly detail: string;
      readonly retryInMs: number;
    }
  | { readonly kind: "credentials_refused"; readonly detail: string; readonly retryInMs: number }
  /** A token, certificate or header file was read again because it changed. */
  | { readonly kind: "file_reloaded"; readonly path: string }
  /** Such a file cannot be read any more; what was read last goes on being used. */
  | { readonly kind: "file_failed"; readonly detail: string }
  | { readonly kind: "position_in_future"; readonly position: string; readonly current: string }
  | {
      readonly kind: "event_malformed";
      readonly fault: string;
      readonly bytes: number;
      readonly excerpt: string;
    }
  /** An Event that we had read is not there in the history as it is now: etcd was restored and has grown past us. */
  | { readonly kind: "history_rewritten"; readonly position: string; readonly detail: string }
  // Leadership
  | { readonly kind: "leader_following"; readonly lease: string; readonly holder: string }
  | {
      readonly kind: "leader_acquired";
      readonly lease: string;
      readonly identity: string;
      readonly transitions: number;
    }
  | {
      readonly kind: "leader_lost";
      readonly lease: string;
      readonly cause: LeaderLoss;
      readonly detail: string;
    }
  | { readonly kind: "leader_released"; readonly lease: string }
  | {
      readonly kind: "lease_failed";
      readonly operation: string;
      readonly detail: string;
      readonly retryInMs: number;
    }
  /** Not there, and not ours to create. */
  | { readonly kind: "lease_missing"; readonly lease: string; readonly detail: string }
  // Taking over
  | {
      readonly kind: "checkpoint_resumed";
      readonly position: string;
      readonly epoch: number;
      readonly ageMs: number;
    }
  /** There is one, but it is not to be gone by. `why` is a clause. */
  | { readonly kind: "checkpoint_refused"; readonly why: string }
  | { readonly kind: "warmed_up"; readonly events: number; readonly durationMs: number }
  /** A gap lasted longer than the cluster keeps Events: what expired in it is gone. */
  | { readonly kind: "events_expired"; readonly lastedMs: number; readonly eventTtlMs: number }
  // The OTLP endpoint
  | {
      readonly kind: "backend_failed";
      readonly detail: string;
      readonly attempt: number;
      readonly retryInMs: number;
    }
  | { readonly kind: "backend_recovered"; readonly failedForMs: number }
  | { readonly kind: "backend_warned"; readonly detail: string }
  | {
      readonly kind: "records_rejected";
      readonly reason: RejectReason;
      readonly count: number;
      readonly detail: string;
    }
  | { readonly kind: "queue_full"; readonly bytes: number }
  | { readonly kind: "queue_drained"; readonly fullForMs: number }
  // Bounds
  | { readonly kind: "series_limit_reached"; readonly metric: string; readonly limit: number }
  | { readonly kind: "baselines_forgotten"; readonly limit: number };

/** Why the stored Events are listed. */
export type ListCause =
  /** The first start. */
  | "start"
  /** The watch could not be resumed. */
  | "gap"
  /** A new leader could not go on from where the one before was: that is compacted away. */
  | "takeover"
  /** etcd was restored or swapped. */
  | "history_replaced";

/** Why leadership ended before the stop. */
export type LeaderLoss =
  /** No renewal succeeded in time. */
  | "deadline"
  /** Somebody else holds the Lease. */
  | "taken"
  /** The wall clock went further than ours: this process, or its machine, stood still. */
  | "clock";

/** Why a watch ended; also the label of the counter. */
export type WatchEnd =
  /** Its time was over: the normal end. */
  | "timeout"
  /** The server closed the stream. */
  | "closed"
  /** HTTP 410 or an in-stream ERROR 410: what follows our position is compacted away. */
  | "expired"
  /** An in-stream ERROR of another kind. */
  | "server_error"
  /** An HTTP status other than 200. */
  | "refused"
  /** The connection broke, went silent or could not be made. */
  | "network"
  /** We closed it because nothing was taken from it for some seconds (the API server would buffer without bound). */
  | "held_back";

/** Why the backend will never take a record. */
export type RejectReason = "invalid" | "too_large" | "partial_success" | "server_error";

/** Why a record was given up without the backend's verdict. */
export type DropReason = "stopped";

/** Takes a notice; never throws and never waits. */
export type Notify = (notice: Notice) => void;
