import type { NetworkFault } from "../../net/network-error.ts";

/** Which requests a fault of `answer`, `hang` or `refuse` meets. */
export type Verb = "list" | "watch" | "get";

export type Permission = "list events" | "watch events" | "get namespaces";

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
  /** The next `count` requests (of that verb only, where it is given) get this status. */
  | {
      readonly kind: "answer";
      readonly count: number;
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly verb?: Verb;
    }
  /** The next `count` requests get no answer for `forMs`, and then 504, as while etcd is away. */
  | { readonly kind: "hang"; readonly count: number; readonly forMs: number; readonly verb?: Verb }
  /** The next `count` requests fail below HTTP. */
  | { readonly kind: "refuse"; readonly count: number; readonly code: NetworkFault; readonly verb?: Verb }
  /** Bodies come in pieces of `bytes` with `delayMs` between; 0 bytes: whole again. */
  | { readonly kind: "dribble"; readonly bytes: number; readonly delayMs: number }
  /** RBAC takes or gives a right. Open watches live on, as on a real server. */
  | { readonly kind: "forbid"; readonly permission: Permission }
  | { readonly kind: "permit"; readonly permission: Permission }
  /** Only these bearer tokens are known from now on: token to user name. Open watches live on. */
  | { readonly kind: "tokens"; readonly users: Readonly<Record<string, string>> };
