import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";

import { apiClientDefaults, createApiClient } from "../../../src/kubernetes/api-client.ts";
import type { Http } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { answer, numberedAccess, scriptedHttp } from "./fake-cluster.ts";

const never = new AbortController().signal;
const timeoutMs = 10_000;
const unauthorized = '{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}';

const hangingHttp: Http = async (_request, signal) => answer(200, hanging(signal));

suite("API client", () => {
  test("a request says who asks, and its answer comes whole", async () => {
    const { http, requests } = scriptedHttp(answer(200, "a long enough answer", { "x-a": "b" }));
    const options = { ...apiClientDefaults, userAgent: "tidings/1.2.3" };
    const client = createApiClient(http, numberedAccess(), systemRuntime, options);
    const got = await client.get("/version", { timeoutMs }, never);
    assert.ok(got.kind === "ok");
    assert.equal(Buffer.from(got.body).toString(), "a long enough answer");
    assert.deepEqual(got.headers, { "x-a": "b" });
    assert.deepEqual(requests, [
      {
        method: "GET",
        path: "/version",
        headers: {
          accept: "application/json",
          "user-agent": "tidings/1.2.3",
          authorization: "Bearer token-1",
        },
      },
    ]);
  });

  test("after a 401 the credentials are fetched anew and it is tried once more", async () => {
    const { http, requests } = scriptedHttp(answer(401, unauthorized), answer(200, "{}"));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    assert.equal((await client.get("/", { timeoutMs }, never)).kind, "ok");
    assert.equal(requests[1]?.headers["authorization"], "Bearer token-2");
  });

  test("a write carries its JSON, also when a 401 makes it be sent once more", async () => {
    const { http, requests } = scriptedHttp(answer(401, unauthorized), answer(201, "made"));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    const got = await client.write(
      { method: "POST", path: "/things", body: { name: "ü" } },
      { timeoutMs },
      never,
    );
    assert.ok(got.kind === "ok");
    assert.equal(Buffer.from(got.body).toString(), "made");
    const body = Buffer.from('{"name":"ü"}');
    const headers = {
      accept: "application/json",
      "user-agent": "tidings",
      "content-type": "application/json",
    };
    assert.deepEqual(
      requests,
      ["Bearer token-1", "Bearer token-2"].map((authorization) => ({
        method: "POST",
        path: "/things",
        body,
        headers: { ...headers, authorization },
      })),
    );
  });

  test("a write is not sent again after a fault or a refusal other than 401", async () => {
    const fault = new NetworkError("reset", "gone in the middle");
    const { http, requests } = scriptedHttp(fault, answer(503, status(1)));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    const request = { method: "PUT", path: "/", body: {} } as const;
    assert.deepEqual(await client.write(request, { timeoutMs }, never), { kind: "network", error: fault });
    assert.equal(requests.length, 1);
    const refused = await client.write(request, { timeoutMs }, never);
    assert.ok(refused.kind === "status" && refused.code === 503);
    assert.equal(requests.length, 2);
  });

  test("a write whose answer hangs ends at the limit", async () => {
    const client = createApiClient(hangingHttp, numberedAccess(), systemRuntime);
    const got = await client.write({ method: "PUT", path: "/slow", body: {} }, { timeoutMs: 20 }, never);
    assert.ok(got.kind === "network");
    assert.equal(got.error.code, "timeout");
  });

  test("a second 401 is the answer", async () => {
    const { http, requests } = scriptedHttp(answer(401, unauthorized), answer(401, unauthorized));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    assert.deepEqual(await client.open("/", never), {
      kind: "status",
      code: 401,
      reason: "Unauthorized",
      message: "Unauthorized",
      retryAfterMs: undefined,
    });
    assert.equal(requests.length, 2);
  });

  const refusals: readonly {
    name: string;
    given: ReturnType<typeof answer>;
    retryAfterMs: number | undefined;
  }[] = [
    { name: "Retry-After wins", given: answer(429, status(9), { "retry-after": "2" }), retryAfterMs: 2000 },
    { name: "the Status' own wish", given: answer(503, status(9)), retryAfterMs: 9000 },
    { name: "no wish", given: answer(500, "oops"), retryAfterMs: undefined },
  ];
  for (const { name, given, retryAfterMs } of refusals) {
    test(`a refusal is not tried again: ${name}`, async () => {
      const { http, requests } = scriptedHttp(given);
      const client = createApiClient(http, numberedAccess(), systemRuntime);
      const got = await client.get("/", { timeoutMs }, never);
      assert.ok(got.kind === "status");
      assert.equal(got.code, given.status);
      assert.equal(got.retryAfterMs, retryAfterMs);
      assert.equal(requests.length, 1);
    });
  }

  test("credentials that cannot be read are said as such, and nothing is sent", async () => {
    const { http, requests } = scriptedHttp();
    const access = {
      ...numberedAccess(),
      authorization: () => Promise.reject(new Error("Cannot read /token: there is no such file")),
    };
    assert.deepEqual(await createApiClient(http, access, systemRuntime).get("/", { timeoutMs }, never), {
      kind: "status",
      code: 401,
      reason: "NoCredentials",
      message: "Cannot read /token: there is no such file",
      retryAfterMs: undefined,
    });
    assert.equal(requests.length, 0);
  });

  test("credentials that no header may hold are refused before they are sent", async () => {
    const { http, requests } = scriptedHttp();
    const access = {
      ...numberedAccess(),
      authorization: async () => ({ authorization: "Bearer one\ntwo" }),
    };
    const given = await createApiClient(http, access, systemRuntime).get("/", { timeoutMs }, never);
    assert.ok(given.kind === "status" && given.code === 401);
    assert.match(given.message, /hold a line break/);
    assert.doesNotMatch(given.message, /two/, "a token is a secret, broken or not");
    assert.equal(requests.length, 0);
  });

  test("a fault of the network is a value; what is a bug is thrown", async () => {
    const fault = new NetworkError("refused", "nobody listens");
    const { http } = scriptedHttp(fault, new TypeError("a bug"));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    assert.deepEqual(await client.get("/", { timeoutMs }, never), { kind: "network", error: fault });
    await assert.rejects(client.get("/", { timeoutMs }, never), TypeError);
  });

  test("an answer beyond the bound is refused and left", async () => {
    let isLeft = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(1000);
      } finally {
        isLeft = true;
      }
    }
    const { http } = scriptedHttp(answer(200, endless()));
    const options = { ...apiClientDefaults, bodyBytesMax: 5000 };
    const got = await createApiClient(http, numberedAccess(), systemRuntime, options).get(
      "/x",
      { timeoutMs },
      never,
    );
    assert.ok(got.kind === "network");
    assert.equal(got.error.code, "protocol");
    assert.equal(got.error.message, "The answer to /x is longer than 5000 bytes; ask for smaller pages");
    assert.equal(isLeft, true);
  });

  test("an answer that hangs in its body ends at the limit", async () => {
    const client = createApiClient(hangingHttp, numberedAccess(), systemRuntime);
    const got = await client.get("/slow", { timeoutMs: 20 }, never);
    assert.ok(got.kind === "network");
    assert.equal(got.error.code, "timeout");
    assert.equal(got.error.message, "The API server does not answer /slow within 20 ms");
  });

  test("credentials that never come end at the limit", async () => {
    const { http } = scriptedHttp();
    const access = { ...numberedAccess(), authorization: () => new Promise<never>(() => {}) };
    const options = { ...apiClientDefaults, openTimeoutMs: 20 };
    const got = await createApiClient(http, access, systemRuntime, options).open("/", never);
    assert.ok(got.kind === "network");
    assert.equal(got.error.code, "timeout");
  });

  test("the limit of an answer that goes on is for its head alone, and abort reaches its body", async () => {
    const stop = new AbortController();
    const options = { ...apiClientDefaults, openTimeoutMs: 20 };
    const client = createApiClient(hangingHttp, numberedAccess(), systemRuntime, options);
    const got = await client.open("/", stop.signal);
    assert.ok(got.kind === "ok");
    const reading = got.body[Symbol.asyncIterator]().next();
    await systemRuntime.sleep(40, never);
    stop.abort();
    await assert.rejects(reading, { code: "aborted" });
  });

  test("nothing of a request stays on its signal", async () => {
    const stop = new AbortController();
    const { http } = scriptedHttp(answer(200, "{}"), answer(200, "{}"), answer(200, "{}"), answer(500));
    const client = createApiClient(http, numberedAccess(), systemRuntime);
    await client.get("/", { timeoutMs }, stop.signal);
    const read = await client.open("/", stop.signal);
    const left = await client.open("/", stop.signal);
    assert.ok(read.kind === "ok" && left.kind === "ok");
    for await (const _ of read.body);
    for await (const _ of left.body) break;
    await client.open("/", stop.signal);
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
  });
});

function status(retryAfterSeconds: number): string {
  return JSON.stringify({ kind: "Status", reason: "TooManyRequests", details: { retryAfterSeconds } });
}

/** One that says nothing until its signal aborts, as a transport's body does. */
async function* hanging(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
  yield* [];
  throw new NetworkError("aborted", "The request was aborted");
}
