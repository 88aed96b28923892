import type { KubernetesEvent } from "./kubernetes-event.ts";
import type { ListCause } from "./notice.ts";

/** What a source yields, in the order of the cluster's changes. */
export type SourceItem =
  | {
      readonly kind: "event";
      readonly event: KubernetesEvent;
      readonly origin: EventOrigin;
    }
  /** A DELETED frame: the Event's TTL ended. It moves the position and is otherwise nothing (decision 2). */
  | { readonly kind: "removed"; readonly resourceVersion: string }
  /** The API server's word that nothing older is to come. */
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  /**
   * A list is complete: everything up to `resourceVersion` and, in all but the first, after `after` was given. `events`:
   * those of them that were not `warmed`.
   */
  | {
      readonly kind: "listed";
      readonly cause: ListCause;
      readonly after: string;
      readonly resourceVersion: string;
      readonly events: number;
    }
  /**
   * What is known of the time before this process is about to be given as `warmed` Events: with `exact` the whole state
   * at its position, else only what has not changed since.
   */
  | { readonly kind: "takeover"; readonly exact: boolean }
  /** What follows is another history of the cluster (decision 6): its resourceVersions are not to be compared with ours. */
  | { readonly kind: "history_replaced"; readonly position: string; readonly current: string }
  /** A line or list item that is no Event. `excerpt` holds its first 1,024 bytes at most, unredacted. */
  | { readonly kind: "malformed"; readonly fault: string; readonly bytes: number; readonly excerpt: string };

export type EventOrigin =
  /** The cluster held it when tidings first looked. */
  | "stored"
  /** Known to the leader before us: what the processor has to know of it, and not for export (decision 5). */
  | "warmed"
  /** Found by comparing with what the cluster holds, after a gap in the watch. */
  | "recovered"
  /** Listed again because the cluster's history was replaced: perhaps an older state than the one known. */
  | "restored"
  /** Seen on the watch. */
  | "added"
  | "modified";
