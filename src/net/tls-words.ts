/** TLS faults in words that say what is wrong with which certificate, instead of OpenSSL's names alone. */

const words: ReadonlyMap<string, string> = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unknownCa()],
  ["UNABLE_TO_GET_ISSUER_CERT", unknownCa()],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", unknownCa()],
  ["SELF_SIGNED_CERT_IN_CHAIN", unknownCa()],
  ["CERT_UNTRUSTED", unknownCa()],
  ["CERT_SIGNATURE_FAILURE", unknownCa()],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed and not among the trusted CAs"],
  ["CERT_HAS_EXPIRED", "its certificate, or one of the CA's, has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet; compare the clocks of the two machines"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", noTls()],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", noTls()],
  ["ERR_SSL_HTTP_REQUEST", noTls()],
  ["ERR_SSL_UNKNOWN_PROTOCOL", noTls()],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "it demands a client certificate and none was given"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "it does not trust the CA of our client certificate"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "it refuses our client certificate"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN", "it refuses our client certificate"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "our client certificate has expired"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED", "our client certificate was revoked"],
  ["ERR_OSSL_X509_KEY_VALUES_MISMATCH", "the client's key does not belong to the client's certificate"],
  ["ERR_OSSL_PEM_NO_START_LINE", "the CA, client certificate or key is no PEM text"],
]);

/** Undefined when the code is none of TLS. */
export function wordsOfTlsFault(code: string, error: unknown): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const reason = error instanceof Error && "reason" in error ? String(error.reason) : "";
    return `its certificate is for other names: ${reason} (${code})`;
  }
  const text = words.get(code);
  if (text !== undefined) return `${text} (${code})`;
  if (!/^(?:ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|CERT_|CRL_|UNABLE_TO_|INVALID_CA|PATH_LENGTH)/.test(code)) {
    return undefined;
  }
  return `no TLS connection: ${error instanceof Error ? error.message.trim() : code} (${code})`;
}

function unknownCa(): string {
  return "its certificate is signed by no CA that is trusted here; check the CA file, or whether something stands between";
}

function noTls(): string {
  return "it does not speak TLS; is this an http:// address?";
}
