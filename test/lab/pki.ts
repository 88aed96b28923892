/** The lab's certificates, keys and kubeconfigs, from one authority that lives in memory. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createAuthority } from "../../src/standin/certificate.ts";

export interface Pki {
  readonly folder: string;
  readonly caPem: string;
  readonly caFile: string;
  /** Signs ServiceAccount tokens. */
  readonly serviceAccountKeyPem: string;
  /** A bearer token of `system:masters`. */
  readonly adminToken: string;
  readonly adminCertPem: string;
  readonly adminKeyPem: string;
  /** Writes `NAME.crt` and `NAME.key`; returns their paths. */
  server(name: string, dnsNames: readonly string[]): Promise<CertificateFiles>;
  client(name: string, user: string, groups?: readonly string[]): Promise<CertificateFiles>;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const hourMs = 3_600_000;

export async function createPki(folder: string): Promise<Pki> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const validFromMs = Date.now() - hourMs;
  const validToMs = Date.now() + 10 * 365 * 24 * hourMs;
  const authority = createAuthority({ commonName: "tidings-lab", validFromMs, validToMs });
  const admin = authority.issue({
    commonName: "admin",
    organizations: ["system:masters"],
    validFromMs,
    validToMs,
    client: true,
  });
  const serviceAccount = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serviceAccountKeyPem = serviceAccount.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const adminToken = randomBytes(16).toString("hex");

  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const issue = async (
    name: string,
    request: Partial<Parameters<typeof authority.issue>[0]> & { commonName: string },
  ): Promise<CertificateFiles> => {
    const { certPem, keyPem } = authority.issue({ ...request, validFromMs, validToMs });
    return { certFile: await write(`${name}.crt`, certPem), keyFile: await write(`${name}.key`, keyPem) };
  };

  await write("sa.key", serviceAccountKeyPem);
  await write("sa.pub", serviceAccount.publicKey.export({ type: "spki", format: "pem" }).toString());
  await write("tokens.csv", `${adminToken},admin,admin,"system:masters"\n`);
  return {
    folder,
    caPem: authority.caPem,
    caFile: await write("ca.crt", authority.caPem),
    serviceAccountKeyPem,
    adminToken,
    adminCertPem: admin.certPem,
    adminKeyPem: admin.keyPem,
    server: (name, dnsNames) =>
      issue(name, { commonName: name, dnsNames, ipAddresses: ["127.0.0.1", "10.96.0.1"] }),
    client: (name, user, groups = []) =>
      issue(name, { commonName: user, organizations: groups, client: true }),
  };
}

/** A user of a kubeconfig. */
export type KubeUser =
  | { readonly token: string }
  | { readonly certPem: string; readonly keyPem: string }
  | CertificateFiles;

/** The text of a kubeconfig with one cluster and one user. JSON, which is YAML. */
export function kubeconfigText(server: string, caPem: string, user: KubeUser): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "lab",
    clusters: [{ name: "lab", cluster: { server, "certificate-authority-data": base64(caPem) } }],
    users: [{ name: "lab", user: userFields(user) }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "lab", namespace: "default" } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function userFields(user: KubeUser): Readonly<Record<string, string>> {
  if ("token" in user) return { token: user.token };
  if ("certFile" in user) return { "client-certificate": user.certFile, "client-key": user.keyFile };
  return {
    "client-certificate-data": base64(user.certPem),
    "client-key-data": base64(user.keyPem),
  };
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
