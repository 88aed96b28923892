import assert from "node:assert/strict";
import { test } from "node:test";

import { Waiters } from "../../../src/shared/waiters.ts";

test("a release lets all go on who wait, and an abort the one whose signal it is", async () => {
  const waiters = new Waiters();
  const stop = new AbortController();
  const went: string[] = [];
  const all = [
    waiters.wait(new AbortController().signal).then(() => went.push("first")),
    waiters.wait(new AbortController().signal).then(() => went.push("second")),
    waiters.wait(stop.signal).then(() => went.push("aborted")),
  ];
  stop.abort();
  await all[2];
  assert.deepEqual(went, ["aborted"]);
  waiters.release();
  await Promise.all(all);
  assert.deepEqual(went, ["aborted", "first", "second"]);
});

test("who comes with an aborted signal does not wait", async () => {
  await new Waiters().wait(AbortSignal.abort());
});
