import type { KubernetesEvent } from "./kubernetes-event.ts";

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
  /** A line or list item that is no Event. `excerpt` holds its first 1,024 bytes at most, unredacted. */
  | { readonly kind: "malformed"; readonly fault: string; readonly bytes: number; readonly excerpt: string };

export type EventOrigin =
  /** The cluster held it when tidings first looked. */
  | "stored"
  /** Found by comparing with what the cluster holds, after a gap in the watch. */
  | "recovered"
  /** Listed again because the cluster's history was replaced: perhaps an older state than the one known. */
  | "restored"
  /** Seen on the watch. */
  | "added"
  | "modified";
