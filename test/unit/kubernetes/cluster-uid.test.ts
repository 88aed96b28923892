import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createApiClient } from "../../../src/kubernetes/api-client.ts";
import { clusterUid } from "../../../src/kubernetes/cluster-uid.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { HttpResponse } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { Simulator } from "../../simulation/simulator.ts";
import { answer, numberedAccess, scriptedHttp } from "./fake-cluster.ts";

const known = (): HttpResponse => answer(200, '{"kind":"Namespace","metadata":{"uid":"5f3c"}}');

/** Asks in virtual time; `abortAtMs`: told to stop then. */
async function ask(answers: readonly (HttpResponse | Error)[], abortAtMs = Number.POSITIVE_INFINITY) {
  const simulator = new Simulator(7);
  const runtime = simulator.runtime();
  const { http, requests } = scriptedHttp(...answers);
  const notices: Notice[] = [];
  const stop = new AbortController();
  if (Number.isFinite(abortAtMs)) simulator.schedule(abortAtMs, () => stop.abort());
  let asked = false;
  const asking = clusterUid(
    createApiClient(http, numberedAccess(), runtime),
    () => Promise.resolve({}),
    { delayMsInitial: 800, delayMsMax: 30_000 },
    runtime,
    (notice) => notices.push(notice),
    stop.signal,
  ).finally(() => {
    asked = true;
  });
  await simulator.run(() => asked, 3_600_000);
  const uid = await asking;
  return { uid, notices, requests, nowMs: simulator.nowMs };
}

suite("the cluster's uid", () => {
  test("is asked for until there is an answer, which no record goes without", async () => {
    const away = new NetworkError("refused", "nobody listens");
    const { uid, notices } = await ask([away, away, answer(500), known()]);
    assert.equal(uid, "5f3c");
    assert.deepEqual(
      notices.map((notice) => (notice.kind === "api_server_failed" ? notice.detail : notice.kind)),
      ["nobody listens", "nobody listens", "HTTP 500"],
    );
    const waits = notices.map((notice) => ("retryInMs" in notice ? notice.retryInMs : 0));
    for (const [index, wait] of waits.entries()) {
      assert.ok(Number.isInteger(wait) && wait >= 400 * 2 ** index && wait <= 800 * 2 ** index, String(wait));
    }
  });

  test("waits as long as the API server asks for", async () => {
    const { nowMs, notices } = await ask([answer(429, "", { "retry-after": "17" }), known()]);
    assert.equal(nowMs, 17_000);
    assert.ok(notices[0]?.kind === "api_server_failed");
    assert.equal(notices[0].operation, "get the namespace kube-system");
  });

  test("refused credentials are said as that", async () => {
    // Twice each: once more with what the credentials are then.
    const { uid, notices } = await ask([answer(401), answer(401), known()]);
    assert.equal(uid, "5f3c");
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ["credentials_refused"],
    );
  });

  test("is none where there is neither the right to read it nor a CA, for some seconds", async () => {
    const { uid, notices } = await ask(Array.from({ length: 10 }, () => answer(403)));
    assert.equal(uid, "");
    assert.deepEqual(notices, []);
  });

  test("is that of the namespace where an API server that has just started knows its roles soon", async () => {
    const { uid, nowMs } = await ask([answer(403), answer(403), known()]);
    assert.equal(uid, "5f3c");
    assert.equal(nowMs, 2000);
  });

  test("is given up at once when told to stop, also in the middle of a wait", async () => {
    const { uid, nowMs, requests } = await ask([answer(503, "", { "retry-after": "200" })], 5000);
    assert.deepEqual([uid, nowMs, requests.length], ["", 5000, 1]);
  });
});
