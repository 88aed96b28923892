import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createApiClient } from "../../../src/kubernetes/api-client.ts";
import { createLeaseApi, type Lease, type LeaseApi } from "../../../src/kubernetes/lease-api.ts";
import type { HttpRequest, HttpResponse } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { answer, numberedAccess, scriptedHttp } from "./fake-cluster.ts";

const never = new AbortController().signal;
const limits = { timeoutMs: 10_000 };
const tidings = { namespace: "observability", name: "tidings" };
const path = "/apis/coordination.k8s.io/v1/namespaces/observability/leases/tidings";

/** With fields that we have no name for, at every level. */
const stored = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    ...tidings,
    uid: "0d5e",
    resourceVersion: "41",
    labels: { team: "shop" },
    annotations: { "example.com/owner": "somebody else" },
    managedFields: [{ manager: "kubectl" }],
  },
  spec: {
    holderIdentity: "tidings-a",
    leaseDurationSeconds: 15,
    acquireTime: "2026-01-02T03:04:05.000000Z",
    renewTime: "2026-01-02T03:04:06.678000Z",
    leaseTransitions: 2,
    strategy: "OldestEmulationVersion",
  },
};

function leases(...answers: readonly (HttpResponse | Error)[]): {
  api: LeaseApi;
  requests: readonly HttpRequest[];
} {
  const { http, requests } = scriptedHttp(...answers);
  return { api: createLeaseApi(createApiClient(http, numberedAccess(), systemRuntime)), requests };
}

function bodyOf(request: HttpRequest | undefined): unknown {
  return JSON.parse(Buffer.from(request?.body ?? []).toString());
}

async function read(): Promise<Lease> {
  const got = await leases(answer(200, JSON.stringify(stored))).api.get(tidings, limits, never);
  assert.ok(got.kind === "ok");
  return got.lease;
}

suite("Lease API", () => {
  test("a Lease is read by namespace and name", async () => {
    const { api, requests } = leases(answer(200, JSON.stringify(stored)));
    const got = await api.get(tidings, limits, never);
    assert.deepEqual(got, { kind: "ok", lease: stored });
    assert.equal(requests[0]?.method, "GET");
    assert.equal(requests[0].path, path);
    assert.equal(requests[0].body, undefined);
  });

  test("a Lease that nobody has held yet has an empty spec", async () => {
    const { spec: _, ...bare } = stored;
    const got = await leases(answer(200, JSON.stringify(bare))).api.get(tidings, limits, never);
    assert.ok(got.kind === "ok");
    assert.deepEqual(got.lease.spec, {});
  });

  test("an update keeps what others wrote and says which version it replaces", async () => {
    const lease = await read();
    const now = JSON.stringify({ ...stored, metadata: { ...stored.metadata, resourceVersion: "42" } });
    const { api, requests } = leases(answer(200, now));
    const got = await api.update(
      {
        ...lease,
        metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, ours: "1" } },
        spec: { ...lease.spec, renewTime: "2026-01-02T03:04:08.000000Z" },
      },
      limits,
      never,
    );
    assert.ok(got.kind === "ok");
    assert.equal(got.lease.metadata.resourceVersion, "42");
    assert.equal(requests[0]?.method, "PUT");
    assert.equal(requests[0].path, path);
    assert.equal(requests[0].headers["content-type"], "application/json");
    assert.deepEqual(bodyOf(requests[0]), {
      ...stored,
      metadata: { ...stored.metadata, annotations: { ...stored.metadata.annotations, ours: "1" } },
      spec: { ...stored.spec, renewTime: "2026-01-02T03:04:08.000000Z" },
    });
  });

  test("a Lease is created in its namespace, and one that was read can be created again", async () => {
    const { api, requests } = leases(answer(201, JSON.stringify(stored)));
    const got = await api.create(await read(), limits, never);
    assert.deepEqual(got, { kind: "ok", lease: stored });
    assert.equal(requests[0]?.method, "POST");
    assert.equal(requests[0].path, "/apis/coordination.k8s.io/v1/namespaces/observability/leases");
    assert.deepEqual(bodyOf(requests[0]), {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...tidings, annotations: stored.metadata.annotations },
      spec: stored.spec,
    });
  });

  test("a write that somebody else came before is refused with their 409, and not sent again", async () => {
    const conflict =
      '{"kind":"Status","reason":"Conflict","message":"the object has been modified","code":409}';
    const { api, requests } = leases(answer(409, conflict));
    assert.deepEqual(await api.update(await read(), limits, never), {
      kind: "status",
      code: 409,
      reason: "Conflict",
      message: "the object has been modified",
      retryAfterMs: undefined,
    });
    assert.equal(requests.length, 1);
  });

  test("a write that the network lost is a failure, and not sent again", async () => {
    const error = new NetworkError("reset", "the connection broke");
    const { api, requests } = leases(error);
    assert.deepEqual(await api.update(await read(), limits, never), { kind: "network", error });
    assert.equal(requests.length, 1);
  });

  const { resourceVersion: _, ...unversioned } = stored.metadata;
  for (const [name, body] of [
    ["a proxy's page", "<html>Sign in</html>"],
    ["nothing", ""],
    ["null", "null"],
    ["another kind", JSON.stringify({ ...stored, kind: "ConfigMap" })],
    ["another version", JSON.stringify({ ...stored, apiVersion: "coordination.k8s.io/v2" })],
    ["no metadata", JSON.stringify({ ...stored, metadata: undefined })],
    ["no resourceVersion", JSON.stringify({ ...stored, metadata: unversioned })],
    [
      "an annotation that is no text",
      JSON.stringify({ ...stored, metadata: { ...stored.metadata, annotations: { a: 1 } } }),
    ],
    ["a holder that is no text", JSON.stringify({ ...stored, spec: { holderIdentity: 7 } })],
    ["transitions that are no number", JSON.stringify({ ...stored, spec: { leaseTransitions: "7" } })],
  ] as const) {
    test(`what is no Lease is a failure: ${name}`, async () => {
      const got = await leases(answer(200, body)).api.get(tidings, limits, never);
      assert.ok(got.kind === "network");
      assert.equal(got.error.code, "protocol");
      assert.equal(got.error.message, `The answer to ${path} is not a Lease`);
    });
  }
});
