import assert from "node:assert/strict";
import { test } from "node:test";

import { fencedHttp } from "../../../src/delivery/fenced-http.ts";
import type { Http, HttpRequest } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";

test("a request starts only while it may, asked anew for each", async () => {
  let started = 0;
  const http: Http = () => {
    started += 1;
    return Promise.resolve({ status: 200, headers: {}, body: emptyBody() });
  };
  let leads = true;
  const fenced = fencedHttp(http, () => leads);
  const request: HttpRequest = { method: "POST", path: "/v1/logs", headers: {} };
  const { signal } = new AbortController();
  assert.equal((await fenced(request, signal)).status, 200);
  leads = false;
  await assert.rejects(
    fenced(request, signal),
    (error) => error instanceof NetworkError && error.code === "aborted",
  );
  assert.equal(started, 1);
});

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
