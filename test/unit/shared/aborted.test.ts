import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { aborted } from "../../../src/shared/aborted.ts";

test("It resolves when the signal aborts, at once where it has, and listens no longer than that", async () => {
  const stop = new AbortController();
  let resolved = false;
  const waiting = aborted(stop.signal).finally(() => {
    resolved = true;
  });
  await Promise.resolve();
  assert.equal(resolved, false);
  stop.abort();
  await waiting;
  await aborted(stop.signal);
  assert.equal(getEventListeners(stop.signal, "abort").length, 0);
});
