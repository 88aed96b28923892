import type { TlsProvider } from "../net/tls-material.ts";

/** The way to one API server and the right to use it. */
export interface ClusterAccess {
  /** `https://host:port`, perhaps with a path. */
  readonly origin: string;
  readonly tls: TlsProvider;
  readonly proxyUrl: string | undefined;
  /** Headers that say who asks; none for anonymous or a client certificate. Rejects with an `Error` fit for a person. */
  authorization(): Promise<AuthorizationHeaders>;
  /** After a 401: forgets what was cached, so that the next `authorization` reads or asks anew. Never rejects. */
  refreshAuthorization(): Promise<void>;
  /** For people: `the service account of this pod`, `context "prod" of /home/me/.kube/config`. */
  readonly describes: string;
}

/** Lower-case names. */
export type AuthorizationHeaders = Readonly<Record<string, string>>;
