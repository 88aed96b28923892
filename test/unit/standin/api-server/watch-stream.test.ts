import assert from "node:assert/strict";
import { test } from "node:test";

import { createApiServer } from "../../../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../../../src/standin/api-server/revision-log.ts";
import { VirtualRuntime } from "../../delivery/virtual-runtime.ts";

test("a watch whose time is over unread is gone when its request is", async () => {
  const runtime = new VirtualRuntime();
  const api = createApiServer(new RevisionLog(), runtime);
  const request = new AbortController();
  const path = "/apis/events.k8s.io/v1/events?watch=1&resourceVersion=1&timeoutSeconds=5";
  await api.http({ method: "GET", path, headers: {} }, request.signal);
  await runtime.pass({ ms: 6000 });
  assert.equal(api.openWatches, 1);
  request.abort();
  assert.equal(api.openWatches, 0);
});
