import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { networkErrorOf } from "../../../src/net/fault-of.ts";
import { NetworkError } from "../../../src/net/network-error.ts";

const doing = "Cannot connect to https://api:6443";

const faults: readonly { code: string; text: string; fault: string; message: string }[] = [
  {
    code: "ENOTFOUND",
    text: "getaddrinfo ENOTFOUND api",
    fault: "unresolved",
    message: `${doing}: its name has no address (getaddrinfo ENOTFOUND api)`,
  },
  {
    code: "EAI_AGAIN",
    text: "getaddrinfo EAI_AGAIN api",
    fault: "unresolved",
    message: `${doing}: the name service does not answer (getaddrinfo EAI_AGAIN api)`,
  },
  {
    code: "ENETUNREACH",
    text: "connect ENETUNREACH 10.0.0.1:6443",
    fault: "unreachable",
    message: `${doing}: no way to that network (connect ENETUNREACH 10.0.0.1:6443)`,
  },
  {
    code: "ETIMEDOUT",
    text: "read ETIMEDOUT",
    fault: "silent",
    message: `${doing}: nothing comes back any more (read ETIMEDOUT)`,
  },
  {
    code: "HPE_INVALID_CONSTANT",
    text: "Parse Error: Expected HTTP/",
    fault: "protocol",
    message: `${doing}: the answer is no HTTP (Parse Error: Expected HTTP/, HPE_INVALID_CONSTANT)`,
  },
  {
    code: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    text: "alert",
    fault: "tls",
    message: `${doing}: it does not trust the CA of our client certificate (ERR_SSL_TLSV1_ALERT_UNKNOWN_CA)`,
  },
  {
    code: "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    text: "alert",
    fault: "tls",
    message: `${doing}: it refuses our client certificate (ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE)`,
  },
  {
    code: "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    text: "handshake failure\n",
    fault: "tls",
    message: `${doing}: no TLS connection: handshake failure (ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE)`,
  },
  {
    code: "ESTRANGE",
    text: "something else",
    fault: "reset",
    message: `${doing}: the connection failed (something else, ESTRANGE)`,
  },
];

suite("network fault", () => {
  for (const { code, text, fault, message } of faults) {
    test(`${code} is ${fault}`, () => {
      const cause = Object.assign(new Error(text), { code });
      const error = networkErrorOf(cause, doing);
      assert.equal(error.code, fault);
      assert.equal(error.message, message);
      assert.equal(error.cause, cause);
    });
  }

  test("of several addresses the one that gave an answer is named", () => {
    const silent = Object.assign(new Error("connect ETIMEDOUT ::1:1"), { code: "ETIMEDOUT" });
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    assert.equal(networkErrorOf(new AggregateError([silent, refused]), doing).code, "refused");
  });

  test("a fault of ours stays what it is", () => {
    const error = new NetworkError("silent", "no sign of life");
    assert.equal(networkErrorOf(error, doing), error);
  });
});
