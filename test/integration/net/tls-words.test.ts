import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { TlsMaterial } from "../../../src/net/tls-material.ts";
import type { IssuedCertificate } from "../../../src/standin/certificate.ts";
import { serveHttp } from "../../../src/standin/face.ts";
import { authority, certificate, issue, otherAuthority, trusted, validToMs } from "./certificates.ts";
import { clientOf, faultOf, get, getText } from "./client.ts";
import { createHandler } from "./handler.ts";
import { startTcpServer } from "./tcp-server.ts";

interface Case {
  readonly name: string;
  readonly server?: IssuedCertificate;
  readonly clientCaPem?: string;
  readonly material?: TlsMaterial;
  readonly says: RegExp;
}

const dayMs = 86_400_000;
const ownClient = issue({ client: true });
const foreignClient = issue({ client: true }, otherAuthority);

const refusals: readonly Case[] = [
  {
    name: "a certificate of an unknown CA",
    material: { ca: otherAuthority.caPem },
    says: /: its certificate is signed by no CA that is trusted here; check the CA file/,
  },
  {
    name: "a certificate of an unknown CA, among the well-known ones",
    material: {},
    says: /: its certificate is signed by no CA that is trusted here; check the CA file/,
  },
  {
    name: "an expired certificate",
    server: issue({ validFromMs: Date.now() - 2 * dayMs, validToMs: Date.now() - dayMs }),
    says: /: its certificate, or one of the CA's, has expired \(CERT_HAS_EXPIRED\)$/,
  },
  {
    name: "a certificate of the future",
    server: issue({ validFromMs: Date.now() + dayMs, validToMs: validToMs + dayMs }),
    says: /: its certificate is not valid yet; compare the clocks/,
  },
  {
    name: "a certificate for another address",
    server: issue({ ipAddresses: ["10.0.0.1"], dnsNames: ["kubernetes.default.svc"] }),
    says: /: its certificate is for other names: .*127\.0\.0\.1 is not in the cert's list/,
  },
  {
    name: "a certificate for another name",
    material: { ...trusted, servername: "api.example.com" },
    server: issue({ dnsNames: ["kubernetes.default.svc"] }),
    says: /: its certificate is for other names: .*api\.example\.com/,
  },
  {
    name: "a client certificate that is missing",
    clientCaPem: authority.caPem,
    says: /: it demands a client certificate and none was given/,
  },
  {
    name: "a key of another certificate",
    material: { ...trusted, cert: ownClient.certPem, key: foreignClient.keyPem },
    says: /: the client's key does not belong to the client's certificate/,
  },
  {
    name: "a client certificate that is no PEM",
    material: { ...trusted, cert: "hello", key: "hello" },
    says: /no PEM text/,
  },
];

suite("TLS", () => {
  for (const { name, server = certificate, clientCaPem, material = trusted, says } of refusals) {
    for (const http2 of ["negotiate", "never"] as const) {
      test(`${name} is said in words (HTTP/2: ${http2})`, async () => {
        const tls = { certificate: server, ...(clientCaPem === undefined ? {} : { clientCaPem }) };
        await using face = await serveHttp(createHandler().http, { tls, http2: true });
        await using client = clientOf(face.origin, { http2, tls: async () => material });
        const fault = await faultOf(getText(client.http, "/"));
        assert.equal(fault.code, "tls", fault.message);
        assert.match(fault.message, says);
      });
    }
  }

  test("plain HTTP where HTTPS is expected", async () => {
    await using server = await startTcpServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    });
    await using client = clientOf(`https://127.0.0.1:${server.port}`);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "tls");
    assert.match(fault.message, /: it does not speak TLS; is this an http:\/\/ address\?/);
  });

  test("HTTPS where plain HTTP is expected", async () => {
    await using face = await serveHttp(createHandler().http, { tls: { certificate }, http2: true });
    await using client = clientOf(face.origin.replace("https:", "http:"));
    const fault = await faultOf(get(client.http, "/"));
    assert.ok(fault.code === "protocol" || fault.code === "reset", fault.code);
  });

  test("a peer that hangs up in the handshake is a reset", async () => {
    await using server = await startTcpServer((socket) => socket.destroy());
    await using client = clientOf(`https://127.0.0.1:${server.port}`);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "reset");
    assert.match(fault.message, /^Cannot connect to https:\/\/127\.0\.0\.1:\d+: /);
  });

  test("a name of its own, a client certificate, or no check at all", async () => {
    const tls = {
      certificate: issue({ ipAddresses: [], dnsNames: ["kubernetes"] }),
      clientCaPem: authority.caPem,
    };
    await using face = await serveHttp(createHandler().http, { tls, http2: true });
    const pair = { cert: ownClient.certPem, key: ownClient.keyPem };
    const materials: readonly TlsMaterial[] = [
      { ...trusted, ...pair, servername: "kubernetes" },
      { ...pair, rejectUnauthorized: false },
    ];
    for (const material of materials) {
      await using client = clientOf(face.origin, { tls: async () => material });
      assert.equal(await getText(client.http, "/"), "GET / 0");
    }
  });

  test("material that cannot be had is said", async () => {
    await using client = clientOf("https://127.0.0.1:1", {
      tls: () => Promise.reject(new Error("Cannot read /ca.crt: there is no such file")),
    });
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "tls");
    assert.equal(
      fault.message,
      "Cannot connect to https://127.0.0.1:1: Cannot read /ca.crt: there is no such file",
    );
  });
});
