import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { EventRecord } from "../../../src/model/event-record.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { SourceItem } from "../../../src/model/source-item.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { Intake } from "../../../src/pipeline/intake.ts";
import { createProcessor, processorDefaults } from "../../../src/processor/processor.ts";
import { VirtualRuntime } from "../delivery/virtual-runtime.ts";
import { kubeletEvent } from "../processor/sample-events.ts";

type Origin = Extract<SourceItem, { readonly kind: "event" }>["origin"];

function event(version: number, origin: Origin = "added", namespace = "payments"): SourceItem {
  const metadata = { name: `e-${version}`, uid: `u-${version}`, resourceVersion: String(version), namespace };
  const regarding = { kind: "Pod", name: "api", namespace };
  return { kind: "event", origin, event: kubeletEvent({ regarding }, { ...metadata, ...written }) };
}

/** When the API server wrote them: two seconds before the clock of the tests. */
const written = {
  creationTimestamp: "2025-11-25T09:29:58Z",
  managedFields: [{ time: "2025-11-25T09:29:58Z" }],
};

const malformed: SourceItem = { kind: "malformed", fault: "the line is not JSON", bytes: 3, excerpt: "{x}" };
const removed: SourceItem = { kind: "removed", resourceVersion: "7" };
const bookmark: SourceItem = { kind: "bookmark", resourceVersion: "8" };

/** An intake between a source of these batches and an outlet with room for `room` pushes. */
class IntakeWorld {
  readonly runtime = new VirtualRuntime();
  readonly notices: Notice[] = [];
  readonly pushed: (readonly Frame[])[] = [];
  readonly counted: EventRecord[] = [];
  readonly encoded: EventRecord[] = [];
  readonly stop = new AbortController();
  readonly intake: Intake;
  /** Batches that the intake has asked for. */
  pulled = 0;
  left = false;
  room: number;
  ended = false;
  #waiting: (() => void) | undefined;

  constructor(
    batches: readonly (readonly SourceItem[])[],
    { room = Number.POSITIVE_INFINITY, baselinesMax = 1000 } = {},
  ) {
    this.room = room;
    this.intake = new Intake({
      items: () => this.#items(batches),
      processor: createProcessor({
        ...processorDefaults,
        baselinesMax,
        filter: {
          include: [],
          exclude: [{ namespaces: ["kube-system"] }],
        },
      }),
      outlet: {
        push: (frames) => {
          this.pushed.push(frames);
          this.room -= 1;
        },
        hasRoom: (signal) =>
          this.room > 0
            ? Promise.resolve()
            : new Promise((resolve) => {
                this.#waiting = resolve;
                signal.addEventListener("abort", () => resolve());
              }),
      },
      count: (record) => this.counted.push(record),
      bytesRead: () => 4711,
      notify: (notice) => this.notices.push(notice),
      runtime: this.runtime,
    });
  }

  async run(): Promise<void> {
    const encode = createEncoder({ serviceName: "s", clusterName: "", clusterUid: "" });
    await this.intake.run((record) => {
      this.encoded.push(record);
      return encode(record);
    }, this.stop.signal);
    this.ended = true;
  }

  makeRoom(): void {
    this.room = Number.POSITIVE_INFINITY;
    this.#waiting?.();
  }

  async *#items(batches: readonly (readonly SourceItem[])[]): AsyncGenerator<readonly SourceItem[]> {
    try {
      for (const batch of batches) {
        this.pulled += 1;
        yield batch;
      }
    } finally {
      this.left = true;
    }
  }
}

suite("intake", () => {
  test("everything that was read is accounted for, whatever comes", async () => {
    const item = fc.oneof(
      fc.integer({ min: 1, max: 50 }).map((version) => event(version)),
      fc.integer({ min: 1, max: 50 }).map((version) => event(version, "stored")),
      fc.integer({ min: 1, max: 50 }).map((version) => event(version, "modified", "kube-system")),
      fc.constantFrom(malformed, removed, bookmark),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(item, { maxLength: 8 }), { maxLength: 8 }), async (batches) => {
        const world = new IntakeWorld(batches);
        await world.run();
        const items = batches.flat();
        const ofKind = (kind: SourceItem["kind"]): number => items.filter((one) => one.kind === kind).length;
        const {
          received,
          filtered,
          malformed: broken,
          accepted,
          removed: gone,
          bookmarks,
        } = world.intake.ledger();
        assert.equal(received, filtered + broken + accepted);
        assert.equal(received, ofKind("event") + ofKind("malformed"));
        assert.equal(broken, ofKind("malformed"));
        assert.equal(gone, ofKind("removed"));
        assert.equal(bookmarks, ofKind("bookmark"));
        assert.equal(accepted, world.pushed.flat().length);
        assert.deepEqual(
          world.encoded.map(({ uid }) => uid),
          items.flatMap((one) =>
            one.kind === "event" && one.event.metadata.namespace !== "kube-system"
              ? [one.event.metadata.uid]
              : [],
          ),
          "in the order in which they came",
        );
      }),
    );
  });

  test("what was stored before the start is exported, but counted in no metric", async () => {
    const world = new IntakeWorld([
      [event(1, "stored"), event(2, "recovered"), event(3), event(4, "modified")],
    ]);
    await world.run();
    assert.equal(world.pushed.flat().length, 4);
    assert.deepEqual(
      world.counted.map(({ uid }) => uid),
      ["u-2", "u-3", "u-4"],
    );
  });

  test("what the filter keeps from export is counted in no metric", async () => {
    const world = new IntakeWorld([[event(1, "added", "kube-system")]]);
    await world.run();
    assert.deepEqual([world.counted.length, world.pushed.length], [0, 0]);
  });

  test("the lag is that of the newest watched Event, and stored ones have none", async () => {
    const world = new IntakeWorld([[event(1, "stored")]]);
    await world.run();
    assert.equal(world.intake.ledger().lagMs, 0);
    const watched = new IntakeWorld([[event(1)]]);
    await watched.run();
    assert.equal(watched.intake.ledger().lagMs, 2000);
  });

  test("a malformed item is said, with what it was", async () => {
    const world = new IntakeWorld([[malformed, event(1)]]);
    await world.run();
    assert.deepEqual(world.notices, [
      { kind: "event_malformed", fault: "the line is not JSON", bytes: 3, excerpt: "{x}" },
    ]);
    assert.equal(world.intake.ledger().accepted, 1);
    assert.equal(world.intake.ledger().bytes, 4711);
  });

  test("that counts are forgotten is said once", async () => {
    const batches = Array.from({ length: 10 }, (_, batch) =>
      Array.from({ length: 10 }, (_item, index) => event(1 + batch * 10 + index)),
    );
    const world = new IntakeWorld(batches, { baselinesMax: 10 });
    await world.run();
    assert.deepEqual(
      world.notices.map(({ kind }) => kind),
      ["baselines_forgotten"],
    );
  });

  test("while the outlet has no room nothing is asked of the source", async () => {
    const world = new IntakeWorld([[event(1)], [event(2)], [event(3)], [event(4)]], { room: 2 });
    const running = world.run();
    await world.runtime.settle();
    assert.equal(world.pulled, 2);
    assert.equal(world.ended, false);
    world.makeRoom();
    await running;
    assert.equal(world.pulled, 4);
    assert.equal(world.pushed.flat().length, 4);
  });

  test("a stop that comes while it waits for room takes nothing more, and leaves the source", async () => {
    const world = new IntakeWorld([[event(1)], [event(2)], [event(3)]], { room: 1 });
    const running = world.run();
    await world.runtime.settle();
    world.stop.abort();
    await running;
    assert.deepEqual([world.pulled, world.pushed.length, world.left], [1, 1, true]);
  });
});
