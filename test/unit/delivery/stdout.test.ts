import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";

import { createStdoutOutlet, type StdoutOptions } from "../../../src/delivery/stdout.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { Notice } from "../../../src/model/notice.ts";
import { frameMaker } from "./started-delivery.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const noSignal = new AbortController().signal;

/** A reader that takes a piece when it is told to, and then keeps it. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #release: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false, highWaterMark: 1 });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#release = () => {
      this.taken.push(chunk);
      done();
    };
  }

  read(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }
}

function start(stream: Writable, format: StdoutOptions["format"] = "json", bytesMax = 1024 * 1024) {
  const notices: Notice[] = [];
  const settled: Frame[] = [];
  const runtime = new VirtualRuntime();
  const leader = { mayAct: true };
  const outlet = createStdoutOutlet(
    { format, queue: { bytesMax } },
    {
      stream,
      runtime,
      notify: (notice) => notices.push(notice),
      mayAct: () => leader.mayAct,
      settled: (frames) => settled.push(...frames),
    },
  );
  const stop = new AbortController();
  const running = outlet.run(stop.signal);
  return {
    outlet,
    runtime,
    notices,
    settled,
    leader,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

test("each record is a line of OTLP JSON, delivered when the reader has taken it", async () => {
  const reader = new SlowReader();
  await using stdout = start(reader);
  stdout.outlet.push(frameMaker()(3));
  await stdout.runtime.settle();
  assert.equal(stdout.outlet.ledger().delivered, 0);
  assert.equal(stdout.outlet.ledger().queued, 3);
  const drained = stdout.outlet.drain(noSignal);
  reader.read();
  await drained;
  assert.equal(stdout.outlet.ledger().delivered, 3);
  const lines = reader.taken.join("").trimEnd().split("\n");
  const uids = lines.map((line) => /"log\.record\.uid","value":\{"stringValue":"(\d+)"\}/.exec(line)?.[1]);
  assert.deepEqual(uids, ["0", "1", "2"]);
});

test("a reader that does not read holds the intake back", async () => {
  const reader = new SlowReader();
  await using stdout = start(reader, "json", 10_000);
  const frames = frameMaker();
  stdout.outlet.push(frames(30));
  let room = false;
  void stdout.outlet.hasRoom(noSignal).then(() => (room = true));
  await stdout.runtime.settle();
  assert.equal(room, false);
  for (let piece = 0; piece < 5; piece += 1) {
    reader.read();
    await stdout.runtime.settle();
  }
  assert.equal(room, true);
  assert.deepEqual(
    stdout.notices.map((notice) => notice.kind),
    ["queue_full", "queue_drained"],
  );
});

test("who may not act, because another leads by now, writes nothing", async () => {
  const reader = new SlowReader();
  await using stdout = start(reader);
  const frames = frameMaker();
  stdout.outlet.push(frames(1));
  await stdout.runtime.settle();
  stdout.leader.mayAct = false;
  stdout.outlet.push(frames(1));
  reader.read();
  await stdout.runtime.settle();
  reader.read();
  assert.equal(reader.taken.length, 1);
  assert.equal(stdout.outlet.ledger().queued, 1);
});

test("for people a record is a readable line", async () => {
  const reader = new SlowReader();
  await using stdout = start(reader, "pretty");
  stdout.outlet.push(frameMaker()(1));
  await stdout.runtime.settle();
  reader.read();
  assert.deepEqual(reader.taken, [
    "2025-11-25T09:30:00.123Z  WARN   BackOff             payments/Pod/api-x2x9p x17  Back-off restarting failed container app\n",
  ]);
});

test("a reader that is gone ends the run with its error, and stopping does not wait for a reader that sleeps", async () => {
  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  const outlet = createStdoutOutlet(
    { format: "json", queue: { bytesMax: 1024 } },
    {
      stream: gone,
      runtime: new VirtualRuntime(),
      notify: () => undefined,
      mayAct: () => true,
      settled: () => undefined,
    },
  );
  outlet.push(frameMaker()(1));
  await assert.rejects(outlet.run(noSignal), (error) => {
    assert.ok(error instanceof Error && error.cause instanceof Error && "code" in error.cause);
    assert.equal(error.message, "Cannot write to standard output: write EPIPE");
    assert.equal(error.cause.code, "EPIPE");
    return true;
  });
  assert.equal(outlet.ledger().queued, 1);

  const asleep = start(new SlowReader());
  asleep.outlet.push(frameMaker()(1));
  await asleep.runtime.settle();
  await asleep[Symbol.asyncDispose]();
  assert.equal(asleep.outlet.ledger().queued, 1);
});
