import type { NetworkFault } from "../net/network-error.ts";

/**
 * What the endpoint does with coming requests, as plain values. They queue: each serves `count` requests, then the next
 * one does; without any the request is taken.
 */
export type ReceiverFault =
  /** This status and body, and nothing stored; with `store` the records are stored all the same. */
  | {
      readonly kind: "answer";
      readonly count: number;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | string;
      readonly store?: boolean;
    }
  /** 200, but the last `rejected` records of the request are not stored. */
  | {
      readonly kind: "partial_success";
      readonly count: number;
      readonly rejected: number;
      readonly message: string;
    }
  /** No answer for so long, then as if nothing had been. Infinity: never. */
  | { readonly kind: "delay"; readonly count: number; readonly forMs: number }
  /** The records are stored, but the connection breaks before the answer. */
  | { readonly kind: "lose_answer"; readonly count: number; readonly code: NetworkFault }
  /** The request fails below HTTP, and nothing is stored. */
  | { readonly kind: "refuse"; readonly count: number; readonly code: NetworkFault };
