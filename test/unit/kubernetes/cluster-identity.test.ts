import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createApiClient } from "../../../src/kubernetes/api-client.ts";
import { clusterIdentity } from "../../../src/kubernetes/cluster-identity.ts";
import type { ClusterIdentity } from "../../../src/kubernetes/cluster-identity.ts";
import type { HttpResponse } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { createAuthority } from "../../../src/standin/certificate.ts";
import { answer, numberedAccess, scriptedHttp } from "./fake-cluster.ts";

const { caPem } = createAuthority({ commonName: "cluster", validFromMs: 0, validToMs: Date.UTC(2040, 0, 1) });

suite("cluster identity", () => {
  test("the uid of kube-system where it may be read", async () => {
    assert.deepEqual(await identity(answer(200, '{"kind":"Namespace","metadata":{"uid":"5f3c"}}')), {
      kind: "known",
      uid: "5f3c",
      source: "kube-system",
    });
  });

  test("else a hash of the CA's certificate, whatever white space is around it", async () => {
    const forbidden = await identity(answer(403), caPem);
    assert.ok(forbidden.kind === "known");
    assert.match(forbidden.uid, /^[0-9a-f]{32}$/);
    assert.equal(forbidden.source, "certificate-authority");
    assert.deepEqual(await identity(answer(404), `\n${caPem}\n\n`), forbidden);
    assert.deepEqual(await identity(answer(200, "no JSON"), caPem), forbidden);
  });

  test("nothing where there is neither", async () => {
    assert.deepEqual(await identity(answer(403)), { kind: "unknown" });
    assert.deepEqual(await identity(answer(403), "no certificate"), { kind: "unknown" });
  });

  test("a fault that passes is no reason for another uid", async () => {
    const away = await identity(new NetworkError("refused", "nobody listens"), caPem);
    assert.equal(away.kind, "failed");
    assert.equal((await identity(answer(500), caPem)).kind, "failed");
  });
});

async function identity(given: HttpResponse | Error, ca?: string): Promise<ClusterIdentity> {
  const { http } = scriptedHttp(given);
  const client = createApiClient(http, numberedAccess(), systemRuntime);
  return clusterIdentity(client, async () => ({ ca }), new AbortController().signal);
}
