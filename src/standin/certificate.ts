/**
 * A certificate authority in memory, for TLS between the stand-ins and their clients: ECDSA P-256 with SHA-256,
 * X.509 v3, no openssl and no file. The profile is the one that Kubernetes' own tools write (CA:TRUE with
 * keyCertSign; leaves with subjectAltName and one extended usage).
 * https://www.rfc-editor.org/rfc/rfc5280#section-4
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";

import { der, derBitString, derContext, derInteger, derObjectIdentifier, derTag, derTime } from "./der.ts";

export interface AuthorityOptions {
  readonly commonName: string;
  /** Ms since the epoch; certificates carry whole seconds. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Group names of a Kubernetes user, where it is a client's certificate. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly validFromMs: number;
  readonly validToMs: number;
  /** True for a client's certificate; otherwise it is a server's. */
  readonly client?: boolean;
}

export interface IssuedCertificate {
  readonly certPem: string;
  /** PKCS #8. */
  readonly keyPem: string;
}

export interface Authority {
  readonly caPem: string;
  /** Signs a certificate for a fresh key. Throws on an address that is none. */
  issue(request: CertificateRequest): IssuedCertificate;
}

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

const signatureAlgorithm = der(derTag.sequence, derObjectIdentifier(oid.ecdsaWithSha256));
const derTrue = der(derTag.boolean, Buffer.from([0xff]));

/** Makes a key and a self-signed certificate for it. */
export function createAuthority(options: AuthorityOptions): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = nameOf(options.commonName, []);
  const keyId = keyIdOf(publicKey);

  const ca = signedCertificate(privateKey, {
    issuer: subject,
    subject,
    validFromMs: options.validFromMs,
    validToMs: options.validToMs,
    publicKey,
    extensions: [
      extension(oid.basicConstraints, true, der(derTag.sequence, derTrue)),
      // digitalSignature, keyCertSign, cRLSign
      extension(oid.keyUsage, true, derBitString(Buffer.from([0b1000_0110]), 1)),
      extension(oid.subjectKeyIdentifier, false, der(derTag.octetString, keyId)),
    ],
  });

  return {
    caPem: pemOf(ca),
    issue(request) {
      const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const certificate = signedCertificate(privateKey, {
        issuer: subject,
        subject: nameOf(request.commonName, request.organizations ?? []),
        validFromMs: request.validFromMs,
        validToMs: request.validToMs,
        publicKey: leaf.publicKey,
        extensions: leafExtensions(request, leaf.publicKey, keyId),
      });
      return {
        certPem: pemOf(certificate),
        keyPem: leaf.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

function leafExtensions(request: CertificateRequest, publicKey: KeyObject, authorityKeyId: Buffer): Buffer[] {
  const usage = request.client === true ? oid.clientAuth : oid.serverAuth;
  const extensions = [
    extension(oid.basicConstraints, true, der(derTag.sequence)),
    // digitalSignature
    extension(oid.keyUsage, true, derBitString(Buffer.from([0b1000_0000]), 7)),
    extension(oid.extendedKeyUsage, false, der(derTag.sequence, derObjectIdentifier(usage))),
    extension(oid.subjectKeyIdentifier, false, der(derTag.octetString, keyIdOf(publicKey))),
    extension(oid.authorityKeyIdentifier, false, der(derTag.sequence, derContext(0, false, authorityKeyId))),
  ];
  const names = [
    ...(request.dnsNames ?? []).map((name) => derContext(2, false, Buffer.from(name, "ascii"))),
    ...(request.ipAddresses ?? []).map((address) => derContext(7, false, addressBytes(address))),
  ];
  if (names.length > 0) extensions.push(extension(oid.subjectAltName, false, der(derTag.sequence, ...names)));
  return extensions;
}

interface ToBeSigned {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly validFromMs: number;
  readonly validToMs: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function signedCertificate(key: KeyObject, parts: ToBeSigned): Buffer {
  // Positive and unique enough: 128 random bits below the sign bit.
  const serial = randomBytes(17);
  serial[0] = 1;
  const version3 = derContext(0, true, derInteger(Buffer.from([2])));
  const body = der(
    derTag.sequence,
    version3,
    derInteger(serial),
    signatureAlgorithm,
    parts.issuer,
    der(derTag.sequence, derTime(parts.validFromMs), derTime(parts.validToMs)),
    parts.subject,
    parts.publicKey.export({ type: "spki", format: "der" }),
    derContext(3, true, der(derTag.sequence, ...parts.extensions)),
  );
  return der(derTag.sequence, body, signatureAlgorithm, derBitString(sign("sha256", body, key)));
}

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  return der(
    derTag.sequence,
    ...organizations.map((name) => nameAttribute(oid.organization, name)),
    nameAttribute(oid.commonName, commonName),
  );
}

function nameAttribute(type: string, value: string): Buffer {
  const pair = [derObjectIdentifier(type), der(derTag.utf8String, Buffer.from(value, "utf8"))];
  return der(derTag.set, der(derTag.sequence, ...pair));
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  const identifier = derObjectIdentifier(type);
  const wrapped = der(derTag.octetString, value);
  return critical
    ? der(derTag.sequence, identifier, derTrue, wrapped)
    : der(derTag.sequence, identifier, wrapped);
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

/** The 4 or 16 bytes of an address in text form. */
function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // The mixed form (`::ffff:10.0.0.1`) has no use here.
  if (!isIPv6(address) || address.includes(".")) throw new RangeError(`Not an IP address: ${address}`);
  const [head = "", tail] = address.split("::");
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return Buffer.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
