import type { Http } from "../../src/net/http.ts";

/** An API server under the contract, and hands that write into it past the API that is examined. */
export interface ContractTarget {
  /** Speaks to the server without credentials of its own. */
  readonly http: Http;
  /**
   * May list and watch Events everywhere, read the namespace kube-system, and get, create and update Leases in
   * `namespace`.
   */
  readonly token: string;
  /** Is known and may do nothing. */
  readonly powerless: { readonly token: string; readonly userName: string };
  /** Exists, and only the contract writes into it. Other Events may come and go in other namespaces. */
  readonly namespace: string;
  readonly writer: ContractWriter;
}

export interface ContractWriter {
  /** Creates an Event; resolves with its resourceVersion. */
  create(name: string, note: string): Promise<string>;
  /** One more occurrence of it: a series with this count; resolves with the new resourceVersion. */
  repeat(name: string, count: number): Promise<string>;
  delete(name: string): Promise<void>;
  deleteLease(name: string): Promise<void>;
  /** Forgets all history up to now. */
  compact(): Promise<void>;
}

/** A server on which Events end by themselves within a short time. */
export interface ExpiringTarget extends ContractTarget {
  /** Sees to it that these Events, written at about the same time, reach the end of their TTL together. */
  expire(names: readonly string[]): Promise<void>;
}
