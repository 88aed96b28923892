import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load-valid.ts";

const listen = async (text: string) => (await load({ TIDINGS_HTTP_LISTEN: text })).config.http.listen;

test("Addresses to listen on", async () => {
  assert.deepEqual(await listen("127.0.0.1:0"), { host: "127.0.0.1", port: 0 });
  assert.deepEqual(await listen(":8080"), { host: "::", port: 8080 });
  assert.deepEqual(await listen("[::1]:65535"), { host: "::1", port: 65_535 });
  await assert.rejects(listen("localhost"));
  await assert.rejects(listen("localhost:65536"));
});
