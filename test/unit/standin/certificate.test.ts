import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { suite, test } from "node:test";
import { createSecureContext } from "node:tls";

import { createAuthority } from "../../../src/standin/certificate.ts";

const validFromMs = Date.UTC(2026, 0, 1);
const validToMs = Date.UTC(2051, 5, 30, 12, 34, 56);
const authority = createAuthority({ commonName: "stand-in CA", validFromMs, validToMs });

suite("certificate", () => {
  test("the authority signs itself and may sign others", () => {
    const ca = new X509Certificate(authority.caPem);
    assert.equal(ca.subject, "CN=stand-in CA");
    assert.equal(ca.issuer, ca.subject);
    assert.equal(ca.ca, true);
    assert.ok(ca.verify(ca.publicKey));
    // On both sides of 2050, where the encoding of times changes.
    assert.equal(ca.validFromDate.getTime(), validFromMs);
    assert.equal(ca.validToDate.getTime(), validToMs);
  });

  test("a server's certificate names its hosts and chains to the authority", () => {
    const { certPem, keyPem } = authority.issue({
      commonName: "api",
      dnsNames: ["localhost", "kubernetes.default.svc"],
      ipAddresses: ["127.0.0.1", "::1", "fd00::a:b"],
      validFromMs,
      validToMs,
    });
    const ca = new X509Certificate(authority.caPem);
    const leaf = new X509Certificate(certPem);
    assert.ok(leaf.verify(ca.publicKey));
    assert.ok(leaf.checkIssued(ca));
    assert.equal(leaf.ca, false);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(keyPem)));
    assert.equal(leaf.checkHost("kubernetes.default.svc"), "kubernetes.default.svc");
    assert.equal(leaf.checkHost("elsewhere"), undefined);
    assert.equal(leaf.checkIP("127.0.0.1"), "127.0.0.1");
    assert.equal(leaf.checkIP("::1"), "::1");
    assert.equal(leaf.checkIP("fd00::a:b"), "fd00::a:b");
    assert.equal(leaf.checkIP("10.0.0.1"), undefined);
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
    createSecureContext({ cert: certPem, key: keyPem });
  });

  test("a client's certificate carries user and groups as Kubernetes reads them", () => {
    const { certPem } = authority.issue({
      commonName: "admin",
      organizations: ["system:masters"],
      validFromMs,
      validToMs,
      client: true,
    });
    const leaf = new X509Certificate(certPem);
    assert.equal(leaf.subject, "O=system:masters\nCN=admin");
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
    assert.equal(leaf.subjectAltName, undefined);
  });

  test("serial numbers differ", () => {
    const request = { commonName: "x", validFromMs, validToMs };
    const serials = [authority.issue(request), authority.issue(request)].map(
      ({ certPem }) => new X509Certificate(certPem).serialNumber,
    );
    assert.notEqual(serials[0], serials[1]);
  });

  test("an address that is none is refused", () => {
    assert.throws(
      () => authority.issue({ commonName: "x", ipAddresses: ["localhost"], validFromMs, validToMs }),
      /Not an IP address: localhost/,
    );
  });
});
