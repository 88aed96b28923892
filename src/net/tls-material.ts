/** What one end of a TLS connection shows and whom it trusts. PEM text. */
export interface TlsMaterial {
  /** Trusted instead of the roots that Node.js ships. */
  readonly ca?: string | undefined;
  /** The client's certificate chain. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name asked for (SNI) and looked for in the certificate, instead of the origin's host. */
  readonly servername?: string | undefined;
  /** False: any certificate will do. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/**
 * Asked before each request, so it answers from memory where nothing changed. A change makes the transport open a new
 * connection; what runs on the old one is finished there. Rejects with an `Error` whose message says which file.
 */
export type TlsProvider = () => Promise<TlsMaterial>;

export function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a === b ||
    (a.ca === b.ca &&
      a.cert === b.cert &&
      a.key === b.key &&
      a.servername === b.servername &&
      a.rejectUnauthorized === b.rejectUnauthorized)
  );
}
