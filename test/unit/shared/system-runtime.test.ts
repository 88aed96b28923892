import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";

import { systemRuntime } from "../../../src/shared/system-runtime.ts";

const hourMs = 3_600_000;

suite("system-runtime", () => {
  test("a sleep ends with its time, or as its signal aborts, and never rejects", async () => {
    const stop = new AbortController();
    await systemRuntime.sleep(1, stop.signal);
    const long = systemRuntime.sleep(hourMs, stop.signal);
    stop.abort();
    await long;
    await systemRuntime.sleep(hourMs, stop.signal);
  });

  test("a sleep that is over leaves nothing on a long-lived signal", async () => {
    const { signal } = new AbortController();
    await systemRuntime.sleep(1, signal);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("a timeout aborts with its time and says so", async () => {
    using timeout = systemRuntime.timeout(1);
    await systemRuntime.sleep(hourMs, timeout.signal);
    assert.deepEqual([timeout.signal.aborted, timeout.expired], [true, true]);
  });

  test("a timeout aborts with its parent and does not call that time", () => {
    const parent = new AbortController();
    using timeout = systemRuntime.timeout(hourMs, parent.signal);
    assert.equal(timeout.signal.aborted, false);
    parent.abort();
    assert.deepEqual([timeout.signal.aborted, timeout.expired], [true, false]);
    using late = systemRuntime.timeout(hourMs, parent.signal);
    assert.equal(late.signal.aborted, true);
  });

  test("a timeout that is disposed of lets go of its parent", () => {
    const { signal } = new AbortController();
    systemRuntime.timeout(hourMs, signal)[Symbol.dispose]();
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});
