import assert from "node:assert/strict";
import { test } from "node:test";

import type { ReceiverFault } from "../../../src/standin/receiver-fault.ts";
import { frameMaker, startDelivery } from "./started-delivery.ts";

const waits: readonly {
  name: string;
  fault: Omit<ReceiverFault & { kind: "answer" }, "kind" | "count">;
  ms: number;
}[] = [
  { name: "Retry-After is heard", fault: { status: 429, headers: { "retry-after": "7" } }, ms: 7350 },
  {
    name: "Retry-After of 0 does not spin",
    fault: { status: 503, headers: { "retry-after": "0" } },
    ms: 525,
  },
  {
    name: "Retry-After of a year does not park the queue",
    fault: { status: 503, headers: { "retry-after": "31536000" } },
    ms: 31_500,
  },
  { name: "wrong credentials are looked at slowly", fault: { status: 401 }, ms: 63_000 },
  { name: "Loki's blocked ingestion is looked at slowly", fault: { status: 260 }, ms: 63_000 },
];

for (const { name, fault: answer, ms } of waits) {
  test(name, async () => {
    await using delivery = startDelivery();
    delivery.receiver.inject({ kind: "answer", count: 1, ...answer });
    delivery.outlet.push(frameMaker()(8));
    await delivery.runtime.settle();
    await delivery.runtime.pass({ ms: ms - 1 });
    assert.equal(delivery.receiver.requestCount, 1);
    assert.equal(delivery.outlet.ledger().queued, 8);
    await delivery.runtime.pass({ ms: 1 });
    assert.equal(delivery.received.length, 8);
  });
}

test("a 500 gets a minute; then only the records that the server fails on are rejected", async () => {
  await using delivery = startDelivery({ requestsInFlightMax: 1 });
  const { outlet, receiver, runtime, notices } = delivery;
  receiver.inject({ kind: "answer", count: 1000, status: 500, body: "boom" });
  outlet.push(frameMaker()(16));
  await runtime.pass({ ms: 59_000 });
  assert.equal(outlet.ledger().queued, 16);
  await runtime.pass({ ms: 30_000 });
  assert.equal(outlet.ledger().rejected.server_error, 8, "the batch whose time was over, and no other");
  assert.equal(outlet.ledger().queued, 8);
  assert.ok(!notices.some((notice) => notice.kind === "backend_recovered"));
  receiver.recover();
  await runtime.pass({ done: () => outlet.ledger().queued === 0 });
  assert.equal(outlet.ledger().delivered, 8);
});
