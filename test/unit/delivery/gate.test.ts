import assert from "node:assert/strict";
import { test } from "node:test";

import { Gate } from "../../../src/delivery/gate.ts";
import type { Notice } from "../../../src/model/notice.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const signal = new AbortController().signal;

function closedGate() {
  const runtime = new VirtualRuntime();
  const notices: Notice[] = [];
  const gate = new Gate({ delayMsInitial: 1000, delayMsMax: 4000 }, runtime, (notice) =>
    notices.push(notice),
  );
  const [prober, other] = [{}, {}];
  void gate.failed(prober, "HTTP 503", undefined, signal);
  let passed = false;
  void gate.passed(other, signal).then(() => (passed = true));
  return { gate, runtime, notices, prober, other, isPassed: () => passed };
}

test("only the prober passes a closed gate, and only its answer opens it", async () => {
  const { gate, runtime, notices, prober, other, isPassed } = closedGate();
  await gate.passed(prober, signal);
  // One that was on its way before has failed or come through: neither says anything about now.
  await gate.failed(other, "HTTP 503", undefined, signal);
  gate.answered(other);
  await runtime.settle();
  assert.equal(gate.open, false);
  assert.equal(isPassed(), false);

  gate.answered(prober);
  await runtime.settle();
  assert.equal(gate.open, true);
  assert.equal(isPassed(), true);
  assert.deepEqual(
    notices.map((notice) => notice.kind),
    ["backend_failed", "backend_recovered"],
  );
});

test("a prober that leaves without an answer opens the gate, and the next goes on with the same back-off", async () => {
  const { gate, runtime, notices, prober, other, isPassed } = closedGate();
  gate.left(prober);
  await runtime.settle();
  assert.equal(isPassed(), true);
  void gate.failed(other, "HTTP 503", undefined, signal);
  assert.deepEqual(notices[1], { kind: "backend_failed", detail: "HTTP 503", attempt: 2, retryInMs: 1500 });
  await runtime.pass({ ms: 5000 });
  gate.answered(other);
  assert.deepEqual(notices[2], { kind: "backend_recovered", failedForMs: 5000 });
});

test("waiting at the gate and for the next try ends with the signal", async () => {
  const { gate, prober, other } = closedGate();
  const stop = new AbortController();
  const waiting = Promise.all([
    gate.failed(prober, "HTTP 503", undefined, stop.signal),
    gate.passed(other, stop.signal),
  ]);
  stop.abort();
  await waiting;
  assert.equal(gate.open, false);
});
