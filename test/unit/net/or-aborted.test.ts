import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";

import { orAborted } from "../../../src/net/or-aborted.ts";

suite("orAborted", () => {
  test("the promise's outcome passes, and nothing stays on the signal", async () => {
    const stop = new AbortController();
    assert.equal(await orAborted(Promise.resolve(7), stop.signal), 7);
    await assert.rejects(orAborted(Promise.reject(new Error("no")), stop.signal), { message: "no" });
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
  });

  test("abort ends the waiting, before and meanwhile", async () => {
    const stop = new AbortController();
    const waiting = orAborted(new Promise(() => {}), stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: "NetworkError", code: "aborted" });
    await assert.rejects(orAborted(new Promise(() => {}), stop.signal), { code: "aborted" });
  });
});
