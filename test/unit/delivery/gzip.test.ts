import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { gzip } from "../../../src/delivery/gzip.ts";

test("a compressed request is the request again, and much smaller", async () => {
  const request = Buffer.from("k8s.event.reason=BackOff ".repeat(20_000));
  const compressed = await gzip(request);
  assert.deepEqual(gunzipSync(compressed), request);
  assert.ok(compressed.length < request.length / 20);
});

test("equal bytes give equal bytes", async () => {
  const request = Buffer.from("k8s.event.reason=BackOff ".repeat(100));
  assert.deepEqual(await gzip(request), await gzip(request));
});
