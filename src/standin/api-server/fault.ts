import type { NetworkFault } from "../../net/network-error.ts";

/** What a request does. `get` also of what is no resource, as `/version`. */
export type Verb = "list" | "watch" | "get" | "create" | "update";

/** What it does it to; `other` is no resource. */
export type Resource = "events" | "namespaces" | "leases" | "other";

export type Permission =
  | "list events"
  | "watch events"
  | "get namespaces"
  | "get leases"
  | "create leases"
  | "update leases";

/** Which requests a fault of `answer`, `hang` or `refuse` meets, and how. */
interface Ambush {
  /** The next so many requests. */
  readonly count: number;
  /** Only those of this verb. */
  readonly verb?: Verb;
  /** Only those to this resource. */
  readonly resource?: Resource;
  /** What is asked for is done nevertheless, before the fault: the asker cannot know. */
  readonly isDone?: boolean;
}

/**
 * What can go wrong with an API server, or change about it, as plain values: a test writes them down, a simulation
 * generates and shrinks them. Each takes effect when it is injected.
 */
export type ApiServerFault =
  /** Every open watch ends, as at its time-out or at an orderly stop of the server. */
  | { readonly kind: "end_watches" }
  /** Every open watch breaks with this code; `midLine`: after the first half of a line. */
  | { readonly kind: "break_watches"; readonly code: NetworkFault; readonly midLine: boolean }
  /** Every open watch gets an ERROR frame with this code and ends. */
  | { readonly kind: "watch_error"; readonly code: number }
  /** Every open watch gets this line between its frames; a line feed is added. */
  | { readonly kind: "watch_line"; readonly line: string }
  /** Every open watch that allowed bookmarks gets one when it has sent all that is there. */
  | { readonly kind: "bookmark" }
  /** Watches, open and new, send nothing any more, and do not end either, until `speak`. Nothing is lost meanwhile. */
  | { readonly kind: "silence" }
  | { readonly kind: "speak" }
  /** They get this status. */
  | (Ambush & { readonly kind: "answer"; readonly status: number; readonly retryAfterSeconds?: number })
  /** They get no answer for `forMs`, and then 504, as while etcd is away. */
  | (Ambush & { readonly kind: "hang"; readonly forMs: number })
  /** They fail below HTTP. */
  | (Ambush & { readonly kind: "refuse"; readonly code: NetworkFault })
  /** Somebody writes an annotation of theirs into every Lease. */
  | { readonly kind: "annotate_leases" }
  /** Somebody deletes every Lease. */
  | { readonly kind: "delete_leases" }
  /** Bodies come in pieces of `bytes` with `delayMs` between; 0 bytes: whole again. */
  | { readonly kind: "dribble"; readonly bytes: number; readonly delayMs: number }
  /** RBAC takes or gives a right. Open watches live on, as on a real server. */
  | { readonly kind: "forbid"; readonly permission: Permission }
  | { readonly kind: "permit"; readonly permission: Permission }
  /** Only these bearer tokens are known from now on: token to user name. Open watches live on. */
  | { readonly kind: "tokens"; readonly users: Readonly<Record<string, string>> };
