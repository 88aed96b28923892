import type { TlsMaterial } from "../../../src/net/tls-material.ts";
import { createAuthority } from "../../../src/standin/certificate.ts";
import type { CertificateRequest, IssuedCertificate } from "../../../src/standin/certificate.ts";

export const validFromMs = Date.now() - 3_600_000;
export const validToMs = Date.now() + 3_600_000;
export const authority = createAuthority({ commonName: "test CA", validFromMs, validToMs });
export const otherAuthority = createAuthority({ commonName: "other CA", validFromMs, validToMs });
export const certificate = issue({});

export function issue(request: Partial<CertificateRequest>, by = authority): IssuedCertificate {
  return by.issue({ commonName: "server", ipAddresses: ["127.0.0.1"], validFromMs, validToMs, ...request });
}

export const trusted: TlsMaterial = { ca: authority.caPem };
