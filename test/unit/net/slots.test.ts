import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Slots } from "../../../src/net/slots.ts";

const never = new AbortController().signal;

suite("slots", () => {
  test("waiters come in turn, and one that gave up is passed over", async () => {
    const slots = new Slots(1);
    await slots.acquire(never);
    const order: string[] = [];
    const stop = new AbortController();
    const first = slots.acquire(never).then(() => order.push("first"));
    const lost = assert.rejects(slots.acquire(stop.signal), { name: "NetworkError", code: "aborted" });
    const last = slots.acquire(never).then(() => order.push("last"));
    stop.abort();
    await lost;
    slots.release();
    await first;
    slots.release();
    await last;
    assert.deepEqual(order, ["first", "last"]);
  });

  test("a slot given to somebody who gives up in the same moment is not lost", async () => {
    const slots = new Slots(1);
    await slots.acquire(never);
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal).catch(() => "aborted");
    stop.abort();
    slots.release();
    await waiting;
    await slots.acquire(never);
  });
});
