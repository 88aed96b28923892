import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { suite, test } from "node:test";

import type { Notice } from "../../../src/model/notice.ts";
import { Log, type LogOptions } from "../../../src/telemetry/log.ts";
import { Simulator } from "../../simulation/simulator.ts";

const json: LogOptions = { level: "info", format: "json", colour: false };

function full(bytes: number): Notice {
  return { kind: "queue_full", bytes };
}

/** A stream that remembers its lines, and one that its reader has left or never reads. */
class Lines extends Writable {
  readonly lines: Record<string, unknown>[] = [];
  readonly #answer: "taken" | "never" | Error;

  constructor(answer: "taken" | "never" | Error = "taken") {
    super();
    this.#answer = answer;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.#answer === "never") return;
    if (this.#answer instanceof Error) {
      done(this.#answer);
      return;
    }
    this.lines.push(JSON.parse(chunk.toString()));
    done();
  }
}

function same(text: string): string {
  return text;
}

function withoutTokens(text: string): string {
  return text.replaceAll(/Bearer \w+/g, "Bearer [redacted]");
}

suite("log", () => {
  test("a notice is one JSON line with its own fields", () => {
    const lines = new Lines();
    const log = new Log(lines, json, new Simulator(1).runtime(Date.UTC(2026, 0, 1)), same);
    log.notify({ kind: "watch_started", resourceVersion: "4711", renewed: false });
    assert.deepEqual(lines.lines, [
      {
        time: "2026-01-01T00:00:00.000Z",
        level: "info",
        message: "Watching the cluster's Events from resourceVersion 4711",
        notice: "watch_started",
        resourceVersion: "4711",
        renewed: false,
      },
    ]);
  });

  test("what is below the level is not written", () => {
    const lines = new Lines();
    const log = new Log(lines, { ...json, level: "error" }, new Simulator(1).runtime(), same);
    log.notify(full(1));
    log.notify({ kind: "records_rejected", reason: "invalid", count: 1, detail: "" });
    assert.deepEqual(
      lines.lines.map((line) => line["level"]),
      ["error"],
    );
  });

  test("a flood of one kind is one line at once and the newest each 10 seconds; other kinds are not touched", async () => {
    const simulator = new Simulator(1);
    const lines = new Lines();
    const log = new Log(lines, json, simulator.runtime(), same);
    const stop = new AbortController();
    const ended = log.run(stop.signal);
    for (let second = 0; second <= 34; second += 1) {
      simulator.schedule(second * 1000, () => log.notify(full(second)));
    }
    simulator.schedule(500, () => log.notify({ kind: "queue_drained", fullForMs: 1 }));
    await simulator.run(() => false, 60_000);
    const floods = lines.lines.filter((line) => line["notice"] === "queue_full");
    assert.deepEqual(
      floods.map((line) => [line["bytes"], line["suppressed"], String(line["time"]).slice(17, 19)]),
      [
        [0, undefined, "00"],
        [10, 9, "10"],
        [20, 9, "20"],
        [30, 9, "30"],
        // Shown when its 10 seconds are over, with the time at which it happened.
        [34, 3, "34"],
      ],
    );
    assert.equal(lines.lines.filter((line) => line["notice"] === "queue_drained").length, 1);

    stop.abort();
    await simulator.run(() => false, 60_000);
    await ended;
  });

  test("what was held back is shown when the log ends", async () => {
    const simulator = new Simulator(1);
    const lines = new Lines();
    const log = new Log(lines, json, simulator.runtime(), same);
    const stop = new AbortController();
    const ended = log.run(stop.signal);
    for (const bytes of [1, 2, 3]) log.notify(full(bytes));
    stop.abort();
    await ended;
    assert.deepEqual(
      lines.lines.map((line) => [line["bytes"], line["suppressed"]]),
      [
        [1, undefined],
        [3, 1],
      ],
    );
  });

  test("excerpts are redacted, then cut to 200 characters", () => {
    const lines = new Lines();
    const log = new Log(lines, json, new Simulator(1).runtime(), withoutTokens);
    // The token straddles the place of the cut.
    const excerpt = `${"x".repeat(190)}Bearer abcdefghijklmnop${"y".repeat(500)}`;
    log.notify({ kind: "event_malformed", fault: "Bearer q1", bytes: 713, excerpt });
    const [line] = lines.lines;
    assert.equal(line?.["excerpt"], `${"x".repeat(190)}Bearer [re…`);
    assert.equal(line?.["fault"], "Bearer [redacted]");
    assert.match(String(line?.["message"]), /: Bearer \[redacted\]\. It is counted/);
  });

  test("a reader that is gone ends the writing, and nothing else", async () => {
    const gone = new Lines(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    const log = new Log(gone, json, new Simulator(1).runtime(), same);
    log.notify(full(1));
    await new Promise((resolve) => setImmediate(resolve));
    log.notify({ kind: "queue_drained", fullForMs: 1 });
    assert.equal(gone.writableLength, 0);
  });

  test("a log that is let go leaves nothing on its stream", () => {
    const lines = new Lines();
    {
      using log = new Log(lines, json, new Simulator(1).runtime(), same);
      log.notify(full(1));
    }
    assert.equal(lines.listenerCount("error"), 0);
    assert.equal(lines.lines.length, 1);
  });

  test("a stream that throws ends the writing, and nothing else", () => {
    const lines = new Lines();
    lines.write = () => {
      throw new Error("EAGAIN");
    };
    const log = new Log(lines, json, new Simulator(1).runtime(), same);
    log.notify(full(1));
    log.notify({ kind: "queue_drained", fullForMs: 1 });
  });

  test("a reader that does not read costs at most about a megabyte", async () => {
    const simulator = new Simulator(1);
    const stuck = new Lines("never");
    const log = new Log(stuck, json, simulator.runtime(), same);
    for (let turn = 0; turn < 2000; turn += 1) {
      simulator.schedule(turn * 10_001, () =>
        log.notify({ kind: "backend_warned", detail: "w".repeat(1000) }),
      );
    }
    await simulator.run(() => false, Infinity);
    assert.ok(stuck.writableLength < 1024 * 1024 + 10_000);
    assert.ok(stuck.writableLength > 1000 * 1000);
  });
});
