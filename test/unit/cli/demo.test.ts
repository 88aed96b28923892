import assert from "node:assert/strict";
import { test } from "node:test";

import { callCli } from "./call-cli.ts";

const startedWith = async (...args: string[]) => (await callCli(["demo", ...args])).started[0]?.[1];

test("`demo` plays at the speed asked for, to the endpoint asked for", async () => {
  assert.deepEqual(await startedWith(), { speed: 20, endpoint: undefined });
  assert.deepEqual(await startedWith("--speed", "0.5"), { speed: 0.5, endpoint: undefined });
  assert.deepEqual(await startedWith("--speed", "100x"), { speed: 100, endpoint: undefined });
  assert.deepEqual(await startedWith("--speed", "max", "--endpoint", "http://collector:4318"), {
    speed: "max",
    endpoint: "http://collector:4318",
  });
});

test("`demo` does not care for the configuration of a real exporter", async () => {
  const { code, stderr } = await callCli(["demo"], { environment: { TIDINGS_LOG_LEVEL: "loud" } });
  assert.deepEqual([code, stderr], [7, ""]);
});
