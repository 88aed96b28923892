import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { EventsApi } from "../../../src/kubernetes/events-api.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { watchEvents, type WatchBatch, type WatchResult } from "../../../src/source/watch.ts";
import { ApiWorld } from "./source-world.ts";

const timeoutSeconds = 60;

/** One watch in virtual time, read all the time unless it is held. */
class OneWatch {
  readonly world: ApiWorld;
  readonly batches: WatchBatch[] = [];
  readonly stop = new AbortController();
  opened = false;
  bytes = 0;
  beats = 0;
  /** How often it was asked why nothing comes, and what is answered. */
  asked = 0;
  whySilent: string | undefined;
  result: WatchResult | undefined;
  thrown: unknown;
  readonly #generator: AsyncGenerator<WatchBatch, WatchResult>;

  constructor(world: ApiWorld, api: EventsApi = world.api) {
    this.world = world;
    this.#generator = watchEvents(
      api,
      { resourceVersion: "100", timeoutSeconds, unreadMsMax: 5000, silentMsMax: 20_000 },
      world.runtime,
      {
        onOpen: () => {
          this.opened = true;
        },
        onBytes: (bytes) => {
          this.bytes += bytes;
        },
        beat: () => {
          this.beats += 1;
        },
        silent: () => {
          this.asked += 1;
          return Promise.resolve(this.whySilent);
        },
      },
      this.stop.signal,
    );
  }

  /** Reads until the end, or until `holdAfter` batches are there. */
  read(holdAfter = Number.POSITIVE_INFINITY): void {
    this.#read(holdAfter).catch((error: unknown) => {
      this.thrown = error;
    });
  }

  async #read(holdAfter: number): Promise<void> {
    while (this.batches.length < holdAfter) {
      const next = await this.#generator.next();
      if (next.done === true) {
        this.result = next.value;
        return;
      }
      this.batches.push(next.value);
    }
  }

  async until(done: () => boolean): Promise<void> {
    const limitMs = this.world.simulator.nowMs + 3_600_000;
    assert.ok(
      await this.world.simulator.run(() => done() || this.thrown !== undefined, limitMs),
      done.toString(),
    );
    if (this.thrown !== undefined) throw this.thrown;
  }

  async ended(): Promise<WatchResult> {
    await this.until(() => this.result !== undefined);
    assert.ok(this.result !== undefined);
    return this.result;
  }

  async leave(): Promise<void> {
    await this.#generator.return({ cause: "closed", detail: "", failure: undefined });
  }

  kinds(): readonly (readonly string[])[] {
    return this.batches.map(({ items }) => items.map(({ kind }) => kind));
  }
}

/** An API whose watch sends these pieces and then breaks, or ends. */
function scripted(pieces: readonly string[], error?: Error): EventsApi {
  return {
    list: () => Promise.reject(new Error("not asked for")),
    watch: () => Promise.resolve({ kind: "ok", headers: {}, body: bodyOf(pieces, error) }),
  };
}

async function* bodyOf(pieces: readonly string[], error: Error | undefined): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
  if (error !== undefined) throw error;
}

function line(type: string, resourceVersion: number): string {
  const metadata = { name: "a", namespace: "shop", uid: "u", resourceVersion: String(resourceVersion) };
  return `${JSON.stringify({ type, object: { kind: "Event", metadata } })}\n`;
}

const error410 = `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n`;
const error500 = `{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError","message":"oh"}}\n`;

suite("a watch", () => {
  test("gives one batch a chunk, with the newest resourceVersion in it, wherever lines are cut", async () => {
    const [first, second, third] = [line("ADDED", 101), line("MODIFIED", 102), line("DELETED", 103)];
    const text = first + second + third + line("BOOKMARK", 110);
    const watch = new OneWatch(
      new ApiWorld(),
      scripted([text.slice(0, first.length + 9), text.slice(first.length + 9)]),
    );
    watch.read();
    assert.equal((await watch.ended()).cause, "closed");
    assert.deepEqual(watch.kinds(), [["event"], ["event", "removed", "bookmark"]]);
    assert.deepEqual(
      watch.batches.map(({ resourceVersion }) => resourceVersion),
      ["101", "110"],
    );
    assert.equal(watch.bytes, Buffer.byteLength(text));
  });

  test("passes over a malformed line, which has no resourceVersion", async () => {
    const watch = new OneWatch(
      new ApiWorld(),
      scripted([`${line("ADDED", 101)}{"oops\n`, "[]\n", line("ADDED", 102)]),
    );
    watch.read();
    await watch.ended();
    assert.deepEqual(watch.kinds(), [["event", "malformed"], ["malformed"], ["event"]]);
    assert.deepEqual(
      watch.batches.map(({ resourceVersion }) => resourceVersion),
      ["101", "", "102"],
    );
  });

  test("gives what came before the server's error, and then ends as the error says", async () => {
    for (const [error, cause, code] of [
      [error410, "expired", 410],
      [error500, "server_error", 500],
    ] as const) {
      const watch = new OneWatch(new ApiWorld(), scripted([line("ADDED", 101) + error + line("ADDED", 102)]));
      watch.read();
      const result = await watch.ended();
      assert.equal(result.cause, cause);
      assert.ok(result.failure?.kind === "status" && result.failure.code === code);
      assert.deepEqual(watch.kinds(), [["event"]]);
    }
  });

  test("ends as the answer to its request says", async () => {
    for (const [status, cause] of [
      [410, "expired"],
      [403, "refused"],
      [429, "refused"],
      [500, "refused"],
    ] as const) {
      const world = new ApiWorld();
      world.apiServer.inject({ kind: "answer", count: 1, status, retryAfterSeconds: 7 });
      const watch = new OneWatch(world);
      watch.read();
      const result = await watch.ended();
      assert.equal(result.cause, cause, String(status));
      assert.ok(result.failure?.kind === "status" && result.failure.retryAfterMs === 7000);
      assert.equal(watch.opened, false);
    }
  });

  test("tells its own time-out from an early end", async () => {
    const inTime = new OneWatch(new ApiWorld());
    inTime.read();
    assert.deepEqual(await inTime.ended(), {
      cause: "timeout",
      detail: "after 60 s, as asked",
      failure: undefined,
    });

    const world = new ApiWorld();
    const early = new OneWatch(world);
    early.read();
    world.simulator.schedule(20_000, () => world.apiServer.inject({ kind: "end_watches" }));
    assert.deepEqual(await early.ended(), {
      cause: "closed",
      detail: "by the API server after 20 s",
      failure: undefined,
    });
  });

  test("ends with the network's fault; of a line cut in the middle nothing is given", async () => {
    for (const code of ["reset", "goaway", "silent"] as const) {
      const world = new ApiWorld();
      const watch = new OneWatch(world);
      watch.read();
      world.put("shop", "a");
      await watch.until(() => watch.batches.length === 1);
      world.apiServer.inject({ kind: "break_watches", code, midLine: true });
      const { cause, failure } = await watch.ended();
      assert.equal(cause, "network");
      assert.ok(failure?.kind === "network" && failure.error.code === code);
      assert.deepEqual(watch.kinds(), [["event"]]);
      assert.equal(world.apiServer.openWatches, 0);
    }
  });

  test("ends one that the API server forgets to end", async () => {
    const world = new ApiWorld();
    let aborted = false;
    const watch = new OneWatch(world, {
      ...world.api,
      watch: (_options, signal) =>
        Promise.resolve({ kind: "ok", headers: {}, body: silentUntil(signal, () => (aborted = true)) }),
    });
    watch.read();
    const { cause, detail } = await watch.ended();
    assert.equal(cause, "network");
    assert.equal(detail, "the API server did not end it after 60 s");
    assert.ok(aborted, "the stream is closed");
    assert.ok(world.simulator.nowMs < 100_000);
  });

  test("is closed while the consumer still holds a batch, for the API server buffers without bound", async () => {
    const world = new ApiWorld();
    const watch = new OneWatch(world);
    watch.read(1);
    await watch.until(() => watch.opened);
    world.put("shop", "a");
    await watch.until(() => watch.batches.length === 1);
    world.put("shop", "b");
    await watch.until(() => world.apiServer.openWatches === 0);
    assert.ok(world.simulator.nowMs >= 5000 && world.simulator.nowMs < 8000, String(world.simulator.nowMs));
    assert.equal(watch.result, undefined, "nobody has asked yet");
    watch.read();
    assert.equal((await watch.ended()).cause, "held_back");
    assert.equal(watch.batches.length, 1, "what was not given is given again by the next watch");
  });

  test("beats each second while it waits, and not while the consumer holds a batch", async () => {
    const world = new ApiWorld();
    const watch = new OneWatch(world);
    watch.read(1);
    await world.simulator.run(() => false, 10_500);
    assert.equal(watch.beats, 10);
    world.put("shop", "a");
    await world.simulator.run(() => false, 14_500);
    assert.equal(watch.beats, 10);
    await watch.leave();
  });

  test("is asked about once in a while when nothing comes, and ends when nothing can", async () => {
    const world = new ApiWorld();
    const watch = new OneWatch(world);
    watch.read();
    await world.simulator.run(() => false, 19_500);
    assert.equal(watch.asked, 0);
    await world.simulator.run(() => false, 39_500);
    assert.equal(watch.asked, 1);
    assert.equal(watch.beats, 39, "meanwhile it goes on");
    watch.whySilent = "it hangs";
    const { cause, detail } = await watch.ended();
    assert.deepEqual([cause, detail], ["network", "it hangs"]);
    assert.equal(world.simulator.nowMs, 40_000);
    assert.equal(world.apiServer.openWatches, 0);
  });

  test("is not asked about while something comes", async () => {
    const world = new ApiWorld();
    const watch = new OneWatch(world);
    watch.read();
    for (let atMs = 15_000; atMs <= 45_000; atMs += 15_000) {
      await world.simulator.run(() => false, atMs);
      world.put("shop", "a");
    }
    await world.simulator.run(() => false, 59_000);
    assert.equal(watch.batches.length, 3);
    assert.equal(watch.asked, 0);
    await watch.ended();
  });

  test("closes its stream when the consumer leaves", async () => {
    const world = new ApiWorld();
    const watch = new OneWatch(world);
    watch.read(1);
    await watch.until(() => watch.opened);
    world.put("shop", "a");
    await watch.until(() => watch.batches.length === 1);
    await watch.leave();
    assert.equal(world.apiServer.openWatches, 0);
  });

  test("ends at once on abort: before the answer, and while it waits for lines", async () => {
    const unanswered = new ApiWorld();
    unanswered.apiServer.inject({ kind: "hang", count: 1, forMs: 20_000 });
    for (const world of [unanswered, new ApiWorld()]) {
      const watch = new OneWatch(world);
      watch.read();
      await world.simulator.run(() => false, 1500);
      watch.stop.abort();
      await watch.ended();
      assert.equal(world.simulator.nowMs, 1500);
      assert.equal(world.apiServer.openWatches, 0);
    }
  });

  test("hides no bug: what is no fault of the network is thrown", async () => {
    const watch = new OneWatch(new ApiWorld(), scripted([], new TypeError("a bug")));
    watch.read();
    await assert.rejects(watch.ended(), /a bug/);
  });
});

/** A body that says nothing until its request is aborted. */
async function* silentUntil(signal: AbortSignal, onAbort: () => void): AsyncGenerator<Uint8Array> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
  onAbort();
  yield* [];
  throw new NetworkError("aborted", "aborted");
}
