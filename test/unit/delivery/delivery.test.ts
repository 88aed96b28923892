import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { ReceiverFault } from "../../../src/standin/receiver-fault.ts";
import { deliveryOptions, frameMaker, rejectedOf, startDelivery } from "./started-delivery.ts";

const noSignal = new AbortController().signal;

const fault: fc.Arbitrary<ReceiverFault> = fc.oneof(
  fc
    .record({
      status: fc.constantFrom(200, 204, 260, 301, 400, 401, 404, 413, 418, 429, 500, 502, 503, 504, 522),
      retryAfter: fc.option(fc.constantFrom("0", "3", "86400000", "soon")),
      store: fc.boolean(),
    })
    .map(({ status, retryAfter, store }): ReceiverFault => ({
      kind: "answer",
      count: 1,
      status,
      // A success that stores nothing would be the receiver's lie.
      store: store || status < 205,
      headers: retryAfter === null ? {} : { "retry-after": retryAfter },
    })),
  fc
    .nat(12)
    .map((rejected): ReceiverFault => ({ kind: "partial_success", count: 1, rejected, message: "too old" })),
  fc.constantFrom(1, 30_000).map((forMs): ReceiverFault => ({ kind: "delay", count: 1, forMs })),
  fc
    .constantFrom("refused", "reset", "timeout", "goaway", "tls", "protocol", "silent", "unresolved")
    .chain((code) =>
      fc.constantFrom<ReceiverFault>(
        { kind: "refuse", count: 1, code },
        { kind: "lose_answer", count: 1, code },
      ),
    ),
);

test("whatever the backend answers, each record is delivered or counted as rejected, within the bounds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 30 }),
      fc.array(fc.record({ count: fc.nat(20), namespace: fc.constantFrom("a", "b", "c") }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.constantFrom<"otlp" | "loki">("otlp", "loki"),
      fc.integer({ min: 1, max: 4 }),
      async (faults, pushes, dialect, requestsInFlightMax) => {
        const queue = { bytesMax: 20_000 };
        await using delivery = startDelivery({ dialect, requestsInFlightMax, queue });
        const { outlet, receiver, runtime } = delivery;
        const frames = frameMaker();
        for (const each of faults) receiver.inject(each);

        for (const { count, namespace } of pushes) {
          let room = false;
          void outlet.hasRoom(noSignal).then(() => (room = true));
          await runtime.pass({ done: () => room });
          assert.ok(outlet.ledger().queuedBytes < queue.bytesMax);
          outlet.push(frames(count, { namespace }));
          delivery.check();
        }
        await runtime.pass({ done: () => outlet.ledger().queued === 0 });

        const { accepted, delivered, queuedBytes } = outlet.ledger();
        const received = new Set(delivery.received);
        const unreceived = Array.from({ length: accepted }, (_, index) => String(index)).filter(
          (uid) => !received.has(uid),
        );
        assert.ok(unreceived.length <= rejectedOf(outlet), `${unreceived.length} are lost without a word`);
        assert.ok(delivered <= received.size);
        assert.equal(queuedBytes, 0);
        assert.ok(delivery.inFlightMax <= requestsInFlightMax);
      },
    ),
    { numRuns: 150 },
  );
});

test("with one request in flight, records of a stream arrive in order however often they are sent again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 20 }),
      fc.constantFrom<"otlp" | "loki">("otlp", "loki"),
      async (faults, dialect) => {
        await using delivery = startDelivery({ dialect, requestsInFlightMax: 1 });
        const frames = frameMaker();
        for (const each of faults) delivery.receiver.inject(each);
        for (let index = 0; index < 40; index += 1) {
          delivery.outlet.push(frames(1, { namespace: index % 3 === 0 ? "a" : "b" }));
        }
        await delivery.runtime.pass({ done: () => delivery.outlet.ledger().queued === 0 });
        for (const namespace of ["a", "b"]) {
          const first = new Set(
            delivery.receiver.records
              .filter(({ resource }) => resource.attributes.get("k8s.namespace.name") === namespace)
              .map(({ record }) => Number(record.attributes.get("log.record.uid"))),
          );
          assert.deepEqual(
            [...first],
            [...first].toSorted((a, b) => a - b),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a batch goes when it is full, and when its oldest record has waited for the delay", async () => {
  await using delivery = startDelivery({ requestsInFlightMax: 1 });
  const frames = frameMaker();
  delivery.outlet.push(frames(3));
  await delivery.runtime.pass({ ms: 199 });
  assert.equal(delivery.receiver.requestCount, 0);
  assert.equal(delivery.outlet.ledger().oldestAgeMs, 199);
  await delivery.runtime.pass({ ms: 1 });
  assert.deepEqual(
    delivery.receiver.requests.map((request) => request.records),
    [3],
  );
  delivery.outlet.push(frames(17));
  await delivery.runtime.settle();
  assert.deepEqual(
    delivery.receiver.requests.map((request) => request.records),
    [3, 8, 8],
  );
});

test("while the backend is unwell it is asked by one request, and by the others again once it answers", async () => {
  await using delivery = startDelivery();
  const { outlet, receiver, runtime, notices } = delivery;
  receiver.inject({ kind: "answer", count: 1000, status: 503, body: "queue is full" });
  outlet.push(frameMaker()(80));
  await runtime.settle();
  // All that were in flight have failed; one of them probes from now on.
  assert.equal(receiver.requestCount, 3);
  await runtime.pass({ ms: 10 * 60_000 });
  const probes = receiver.requestCount - 3;
  assert.ok(probes >= 20 && probes <= 35, `${probes} probes in ten minutes, with 30 s at most between two`);
  assert.ok(outlet.ledger().queued === 80);
  assert.deepEqual(notices[0], {
    kind: "backend_failed",
    detail: "HTTP 503: queue is full",
    attempt: 1,
    retryInMs: 375,
  });

  receiver.recover();
  await runtime.pass({ done: () => outlet.ledger().queued === 0 });
  assert.equal(new Set(delivery.received).size, 80);
  const recovered = notices.filter((notice) => notice.kind === "backend_recovered");
  assert.equal(recovered.length, 1);
  assert.ok((recovered[0]?.failedForMs ?? 0) >= 10 * 60_000);
});

test("a record that the backend refuses is found and rejected with the backend's words; all others arrive once", async () => {
  await using delivery = startDelivery(
    { batch: { ...deliveryOptions.batch, recordsMax: 512 } },
    {
      refusal: ({ record }) =>
        record.attributes.get("log.record.uid") === "77" ? "entry too far behind" : undefined,
    },
  );
  delivery.outlet.push(frameMaker()(512));
  await delivery.runtime.pass({ done: () => delivery.outlet.ledger().queued === 0 });
  const { delivered, rejected } = delivery.outlet.ledger();
  assert.equal(delivered, 511);
  assert.equal(rejected.invalid, 1);
  assert.equal(new Set(delivery.received).size, 511);
  assert.ok(delivery.receiver.requestCount <= 19);
  assert.deepEqual(delivery.notices, [
    { kind: "records_rejected", reason: "invalid", count: 1, detail: "HTTP 400: entry too far behind" },
  ]);
});

test("a request that is too large is halved until it is taken; a record too large for itself is rejected", async () => {
  await using delivery = startDelivery(
    { batch: { recordsMax: 64, bytesMax: 1024 * 1024, delayMs: 0 } },
    { requestBytesMax: 9000 },
  );
  const frames = frameMaker();
  delivery.outlet.push([...frames(20), ...frames(1, { body: "x".repeat(10_000) }), ...frames(20)]);
  await delivery.runtime.pass({ done: () => delivery.outlet.ledger().queued === 0 });
  assert.equal(delivery.outlet.ledger().delivered, 40);
  assert.equal(delivery.outlet.ledger().rejected.too_large, 1);
  assert.deepEqual(
    delivery.received,
    Array.from({ length: 41 }, (_, index) => String(index)).filter((uid) => uid !== "20"),
  );
});

test("partial success is counted with the server's words and never sent again", async () => {
  await using delivery = startDelivery();
  delivery.receiver.inject({ kind: "partial_success", count: 1, rejected: 3, message: "too old" });
  delivery.receiver.inject({ kind: "partial_success", count: 1, rejected: 0, message: "use /v2" });
  delivery.outlet.push(frameMaker()(16));
  await delivery.runtime.settle();
  assert.equal(delivery.receiver.requestCount, 2);
  assert.equal(delivery.outlet.ledger().delivered, 13);
  assert.equal(delivery.outlet.ledger().rejected.partial_success, 3);
  assert.deepEqual(delivery.notices, [
    { kind: "records_rejected", reason: "partial_success", count: 3, detail: "too old" },
    { kind: "backend_warned", detail: "use /v2" },
  ]);
});

test("a full queue holds the intake back, and lets it go on when a quarter is free", async () => {
  await using delivery = startDelivery({ queue: { bytesMax: 40_000 } });
  const { outlet, receiver, runtime, notices } = delivery;
  receiver.inject({ kind: "answer", count: 1000, status: 503 });
  const frames = frameMaker();
  outlet.push(frames(100));
  let room = false;
  void outlet.hasRoom(noSignal).then(() => (room = true));
  await runtime.pass({ ms: 5000 });
  assert.equal(room, false);
  assert.equal(notices.filter((notice) => notice.kind === "queue_full").length, 1);
  receiver.recover();
  await runtime.pass({ done: () => room });
  assert.ok(outlet.ledger().queuedBytes < 30_000);
  assert.equal(notices.filter((notice) => notice.kind === "queue_drained").length, 1);

  receiver.inject({ kind: "answer", count: 1000, status: 503 });
  outlet.push(frames(100));
  const stop = new AbortController();
  const waiting = outlet.hasRoom(stop.signal);
  stop.abort();
  await waiting;
});

test("dialect loki: one stream a request, and a flood in one namespace holds no other back", async () => {
  await using delivery = startDelivery({ dialect: "loki", requestsInFlightMax: 1 });
  const frames = frameMaker();
  delivery.outlet.push(frames(400, { namespace: "flood" }));
  delivery.outlet.push(frames(8, { namespace: "calm" }));
  await delivery.runtime.pass({ done: () => delivery.outlet.ledger().queued === 0 });
  const namespaces = delivery.receiver.records.map(({ resource }) =>
    resource.attributes.get("k8s.namespace.name"),
  );
  assert.deepEqual(namespaces.slice(0, 24), [
    ...Array.from({ length: 8 }, () => "flood"),
    ...Array.from({ length: 8 }, () => "calm"),
    ...Array.from({ length: 8 }, () => "flood"),
  ]);
});

test("draining sends what waits at once, and an unwell backend once more without waiting", async () => {
  await using delivery = startDelivery();
  const { outlet, receiver, runtime } = delivery;
  receiver.inject({ kind: "answer", count: 1, status: 401 });
  outlet.push(frameMaker()(11));
  await runtime.settle();
  assert.equal(outlet.ledger().queued, 11);
  let drained = false;
  void outlet.drain(noSignal).then(() => (drained = true));
  await runtime.settle();
  assert.equal(drained, true, "no time has passed");
  assert.equal(outlet.ledger().delivered, 11);
});

test("what is undelivered at the end stays queued: whoever comes next reads it again", async () => {
  const delivery = startDelivery();
  const { outlet, receiver, runtime } = delivery;
  receiver.inject({ kind: "delay", count: 1000, forMs: Number.POSITIVE_INFINITY });
  outlet.push(frameMaker()(30));
  await runtime.settle();
  const giveUp = new AbortController();
  const draining = outlet.drain(giveUp.signal);
  giveUp.abort();
  await draining;
  await delivery.stop();
  assert.equal(outlet.ledger().queued, 30);
  assert.equal(outlet.ledger().sends.aborted, 3);
  assert.deepEqual(delivery.settled, []);
  delivery.check();
});

test("an answer that does not come is a timeout, and the request is sent again", async () => {
  await using delivery = startDelivery();
  const { outlet, receiver, runtime, notices } = delivery;
  receiver.inject({ kind: "delay", count: 1, forMs: Number.POSITIVE_INFINITY });
  outlet.push(frameMaker()(8));
  await runtime.pass({ done: () => outlet.ledger().queued === 0 });
  assert.equal(notices[0]?.kind === "backend_failed" ? notices[0].detail : "", "No answer within 10000 ms");
});

test("headers that cannot be made hold everything, and say why", async () => {
  let attempts = 0;
  await using delivery = startDelivery(
    {},
    {},
    {
      headers: () => {
        attempts += 1;
        return attempts === 1
          ? Promise.reject(new Error("Cannot read /run/token: no such file"))
          : Promise.resolve({ authorization: "Bearer x" });
      },
    },
  );
  const { outlet, receiver, runtime, notices } = delivery;
  outlet.push(frameMaker()(8));
  await runtime.pass({ done: () => outlet.ledger().queued === 0 });
  assert.equal(
    notices[0]?.kind === "backend_failed" ? notices[0].detail : "",
    "Cannot make the request's headers: Cannot read /run/token: no such file",
  );
  assert.equal(receiver.requests[0]?.headers["authorization"], "Bearer x");
});

test("a bug in a part ends the run with its error", async () => {
  const delivery = startDelivery(
    {},
    {},
    {
      compress: () => Promise.reject(new Error("a bug")),
    },
  );
  delivery.outlet.push(frameMaker()(8));
  await assert.rejects(async () => {
    await delivery.runtime.settle();
    await delivery.stop();
  }, /^Error: a bug$/);
});

test("once the backend answers, other batches go on while the one that probed is still being divided", async () => {
  await using delivery = startDelivery();
  const { outlet, receiver, runtime } = delivery;
  receiver.inject({ kind: "answer", count: 1, status: 503 });
  receiver.inject({ kind: "answer", count: 1, status: 400 });
  receiver.inject({ kind: "delay", count: 1, forMs: 5000 });
  const frames = frameMaker();
  outlet.push(frames(8));
  await runtime.settle();
  outlet.push(frames(8));
  await runtime.pass({ ms: 1000 });
  assert.deepEqual(delivery.received.toSorted(), ["10", "11", "12", "13", "14", "15", "8", "9"]);
  await runtime.pass({ done: () => outlet.ledger().queued === 0 });
  assert.equal(new Set(delivery.received).size, 16);
});
