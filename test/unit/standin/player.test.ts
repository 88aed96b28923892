import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { KubernetesEvent } from "../../../src/model/kubernetes-event.ts";
import type { Runtime } from "../../../src/shared/runtime.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import type { RecordedFrame } from "../../../src/source/recording.ts";
import { RevisionLog } from "../../../src/standin/api-server/revision-log.ts";
import { movedEvent } from "../../../src/standin/moved-event.ts";
import { playRecording } from "../../../src/standin/player.ts";

const recordedMs = Date.parse("2026-11-25T09:00:00.250Z");
const nanos = (iso: string, rest: bigint): string =>
  (BigInt(Date.parse(iso)) * 1_000_000n + rest).toString(16);

suite("moved event", () => {
  test("every time moves, each in its own resolution, and the name with them", () => {
    const legacy: KubernetesEvent = {
      metadata: {
        name: `web-1.${nanos("2026-11-25T08:59:58Z", 123_456_789n)}`,
        namespace: "shop",
        uid: "u",
        resourceVersion: "7",
        creationTimestamp: "2026-11-25T08:59:59Z",
        managedFields: [{ time: "2026-11-25T09:00:00Z" }],
      },
      eventTime: null,
      deprecatedFirstTimestamp: "2026-11-25T08:59:58Z",
      deprecatedLastTimestamp: "2026-11-25T08:59:59Z",
      note: "at 2026-11-25T08:59:58Z",
    };
    assert.deepEqual(movedEvent(legacy, 3600), {
      metadata: {
        name: `web-1.${nanos("2026-11-25T09:59:58Z", 123_456_789n)}`,
        namespace: "shop",
        uid: "u",
        resourceVersion: "7",
        creationTimestamp: "2026-11-25T09:59:59Z",
        managedFields: [{ time: "2026-11-25T10:00:00Z" }],
      },
      eventTime: null,
      deprecatedFirstTimestamp: "2026-11-25T09:59:58Z",
      deprecatedLastTimestamp: "2026-11-25T09:59:59Z",
      note: "at 2026-11-25T08:59:58Z",
    });

    const modern: KubernetesEvent = {
      metadata: {
        name: `p.${nanos("2026-11-25T08:59:58Z", 654_321_000n)}`,
        namespace: "shop",
        uid: "u",
        resourceVersion: "8",
      },
      eventTime: "2026-11-25T08:59:58.654321Z",
      series: { count: 4, lastObservedTime: "2026-11-25T08:59:59.000001Z" },
    };
    assert.deepEqual(movedEvent(modern, -60), {
      metadata: {
        name: `p.${nanos("2026-11-25T08:58:58Z", 654_321_000n)}`,
        namespace: "shop",
        uid: "u",
        resourceVersion: "8",
      },
      eventTime: "2026-11-25T08:58:58.654321Z",
      series: { count: 4, lastObservedTime: "2026-11-25T08:58:59.000001Z" },
    });
  });

  test("a name that carries no such time stays", () => {
    for (const name of ["plain", "web.deadbeef", `web.${nanos("2020-01-01T00:00:00Z", 0n)}`]) {
      assert.equal(movedEvent(event(name, 0), 60).metadata.name, name);
    }
  });
});

suite("player", () => {
  test("plays in order, at its pace, and ends with what happens now", async () => {
    const clock = clockAt(Date.parse("2027-01-01T12:00:00.000Z"));
    const log = new RevisionLog({ firstRevision: 500 });
    const seen: string[] = [];
    log.listen({
      changed: () => seen.push(`${clock.nowMs - clock.startMs} ms: ${log.current}`),
      compacting: () => undefined,
    });
    const played = await playRecording(
      recording([
        frame(0, "ADDED", event("a", 0)),
        frame(0, "ADDED", event("b", 0)),
        frame(4000, "MODIFIED", event("a", 4)),
        frame(10_000, "ADDED", event("c", 10)),
      ]),
      log,
      clock.runtime,
      new AbortController().signal,
      { speed: 10 },
    );
    assert.deepEqual(seen, ["0 ms: 501", "0 ms: 502", "400 ms: 503", "1000 ms: 504"]);
    assert.equal(played.frames, 4);
    const times = storedTimes(log);
    assert.equal(times.at(-1), "2027-01-01T12:00:00Z");
    assert.ok(times.every((time) => Date.parse(time) <= clock.nowMs));
  });

  test("what was deleted together is deleted together", async () => {
    const log = new RevisionLog();
    const gone = (name: string, version: string): RecordedFrame => {
      const object = event(name, 0);
      const metadata = { ...object.metadata, resourceVersion: version };
      return frame(1, "DELETED", { ...object, metadata });
    };
    await playRecording(
      recording([
        ...["a", "b", "c", "d"].map((name) => frame(0, "ADDED", event(name, 0))),
        gone("a", "90"),
        gone("b", "90"),
        gone("c", "91"),
        frame(2, "ADDED", event("e", 0)),
        gone("d", "93"),
      ]),
      log,
      systemRuntime,
      new AbortController().signal,
      { speed: Number.POSITIVE_INFINITY },
    );
    assert.equal(log.current, 8);
    const lines = Buffer.concat([...log.linesAfter(4, 1e9).views])
      .toString("utf8")
      .trim()
      .split("\n");
    const brief = lines.map((line) => {
      const { type, object } = JSON.parse(line);
      return `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`;
    });
    assert.deepEqual(brief, ["DELETED a 5", "DELETED b 5", "DELETED c 6", "ADDED e 7", "DELETED d 8"]);
  });

  test("stops when it is told to", async () => {
    const stop = new AbortController();
    const log = new RevisionLog();
    log.listen({ changed: () => stop.abort(), compacting: () => undefined });
    const frames = recording([frame(0, "ADDED", event("a", 0)), frame(3_600_000, "ADDED", event("b", 0))]);
    const played = await playRecording(frames, log, systemRuntime, stop.signal);
    assert.equal(played.frames, 1);
    assert.equal(log.stored, 1);
  });

  test("an empty recording plays nothing", async () => {
    const log = new RevisionLog();
    await playRecording(recording([]), log, systemRuntime, new AbortController().signal);
    assert.equal(log.current, 0);
  });
});

function event(name: string, atSeconds: number): KubernetesEvent {
  const at = new Date(recordedMs + atSeconds * 1000).toISOString().slice(0, 19);
  return {
    metadata: { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: "1" },
    deprecatedFirstTimestamp: `${at}Z`,
    deprecatedLastTimestamp: `${at}Z`,
  };
}

function frame(atMs: number, type: RecordedFrame["type"], object: KubernetesEvent): RecordedFrame {
  return { atMs: recordedMs + atMs, type, object };
}

function recording(frames: readonly RecordedFrame[]): AsyncIterable<RecordedFrame> {
  return {
    async *[Symbol.asyncIterator]() {
      yield* frames;
    },
  };
}

function storedTimes(log: RevisionLog): string[] {
  const text = Buffer.concat([...log.linesAfter(log.compacted, 1e9).views]).toString("utf8");
  return text
    .trim()
    .split("\n")
    .map((line): string => JSON.parse(line).object.deprecatedLastTimestamp);
}

/** A clock that sleeps without waiting. */
function clockAt(startMs: number): { readonly startMs: number; nowMs: number; readonly runtime: Runtime } {
  const clock = { startMs, nowMs: startMs };
  const runtime: Runtime = {
    ...systemRuntime,
    wallMs: () => clock.nowMs,
    monotonicMs: () => clock.nowMs,
    sleep: async (delayMs) => {
      clock.nowMs += delayMs;
    },
  };
  return Object.assign(clock, { runtime });
}
