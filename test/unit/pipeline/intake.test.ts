import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { EventRecord } from "../../../src/model/event-record.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { ListCause, Notice } from "../../../src/model/notice.ts";
import type { SourceItem } from "../../../src/model/source-item.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { Intake } from "../../../src/pipeline/intake.ts";
import type { Term, TermBefore } from "../../../src/pipeline/term.ts";
import { gapRecord, type Gap } from "../../../src/processor/gap-record.ts";
import { createProcessor, processorDefaults } from "../../../src/processor/processor.ts";
import { VirtualRuntime } from "../delivery/virtual-runtime.ts";
import { kubeletEvent } from "../processor/sample-events.ts";

type Origin = Extract<SourceItem, { readonly kind: "event" }>["origin"];

function event(version: number, origin: Origin = "added", namespace = "payments"): SourceItem {
  const metadata = { name: `e-${version}`, uid: `u-${version}`, resourceVersion: String(version), namespace };
  const regarding = { kind: "Pod", name: "api", namespace };
  return { kind: "event", origin, event: kubeletEvent({ regarding }, { ...metadata, ...written }) };
}

function repeated(version: number, origin: Origin, count: number): SourceItem {
  const item = event(version, origin);
  assert.ok(item.kind === "event");
  const { metadata } = item.event;
  return {
    ...item,
    event: { ...item.event, metadata: { ...metadata, name: "e", uid: "u" }, deprecatedCount: count },
  };
}

/** When the API server wrote them: two seconds before the clock of the tests. */
const written = {
  creationTimestamp: "2025-11-25T09:29:58Z",
  managedFields: [{ time: "2025-11-25T09:29:58Z" }],
};

const writtenMs = Date.parse(written.creationTimestamp);

const malformed: SourceItem = { kind: "malformed", fault: "the line is not JSON", bytes: 3, excerpt: "{x}" };
const removed: SourceItem = { kind: "removed", resourceVersion: "7" };
const bookmark: SourceItem = { kind: "bookmark", resourceVersion: "8" };

function listed(
  cause: ListCause,
  after: number,
  to: number,
): Extract<SourceItem, { readonly kind: "listed" }> {
  return { kind: "listed", cause, after: String(after), resourceVersion: String(to), events: 1 };
}

interface IntakeWorldOptions {
  readonly room?: number;
  readonly baselinesMax?: number;
  readonly before?: TermBefore;
}

/** An intake between a source of these batches and an outlet with room for `room` pushes. */
class IntakeWorld {
  readonly runtime = new VirtualRuntime();
  readonly notices: Notice[] = [];
  readonly pushed: (readonly Frame[])[] = [];
  readonly gaps: Gap[] = [];
  readonly counted: EventRecord[] = [];
  readonly encoded: EventRecord[] = [];
  readonly stop = new AbortController();
  readonly intake: Intake;
  /** Batches that the intake has asked for. */
  pulled = 0;
  left = false;
  room: number;
  ended = false;
  rests = false;
  currentAtMs = 0;
  #settled = 0;
  #waiting: (() => void) | undefined;

  readonly #batches: readonly (readonly SourceItem[])[];
  readonly #before: TermBefore | undefined;

  constructor(
    batches: readonly (readonly SourceItem[])[],
    { room = Number.POSITIVE_INFINITY, baselinesMax = 1000, before }: IntakeWorldOptions = {},
  ) {
    this.room = room;
    this.#batches = batches;
    this.#before = before;
    this.intake = new Intake({
      openMax: 65_536,
      gapRecord: (gap) => {
        this.gaps.push(gap);
        return gapRecord(gap);
      },
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
      beats: { beat: () => (this.rests = false), rest: () => (this.rests = true) },
      count: (record) => this.counted.push(record),
      notify: (notice) => this.notices.push(notice),
      runtime: this.runtime,
    });
  }

  async run(): Promise<void> {
    const encoder = createEncoder({ serviceName: "s", clusterName: "", clusterUid: "" });
    const term: Term = {
      items: () => this.#items(this.#batches),
      encoder: {
        event: (record, input) => {
          this.encoded.push(record);
          return encoder.event(record, input);
        },
        own: (record, input) => encoder.own(record, input),
      },
      cluster: "c5a1",
      eventTtlMs: 3_600_000,
      currentAtMs: () => this.currentAtMs,
      before: this.#before,
    };
    await this.intake.run(term, this.stop.signal);
    this.ended = true;
  }

  /** Settles the oldest pushed frames that are not. */
  settle(count: number): void {
    this.intake.settled(this.pushed.flat().slice(this.#settled, this.#settled + count));
    this.#settled += count;
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
      fc.integer({ min: 1, max: 50 }).map((version) => event(version, "warmed")),
      fc.constantFrom(malformed, removed, bookmark, listed("gap", 4, 9)),
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
          warmed,
          accepted,
          produced,
          removed: gone,
          bookmarks,
        } = world.intake.ledger();
        assert.equal(received, filtered + broken + warmed + accepted);
        assert.equal(received, ofKind("event") + ofKind("malformed"));
        assert.equal(broken, ofKind("malformed"));
        assert.equal(gone, ofKind("removed"));
        assert.equal(bookmarks, ofKind("bookmark"));
        assert.equal(produced, ofKind("listed"));
        assert.equal(accepted + produced, world.pushed.flat().length);
        assert.deepEqual(
          world.encoded.map(({ uid }) => uid),
          items.flatMap((one) =>
            one.kind === "event" && one.origin !== "warmed" && one.event.metadata.namespace !== "kube-system"
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
    assert.deepEqual([world.pulled, world.ended, world.rests], [2, false, true]);
    world.makeRoom();
    await running;
    assert.equal(world.rests, false);
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

  test("what is acknowledged never passes what is not delivered yet", async () => {
    const world = new IntakeWorld([
      [event(11), event(12, "added", "kube-system"), event(13)],
      [removed, event(15)],
    ]);
    await world.run();
    assert.deepEqual(world.intake.position(), {
      acknowledged: undefined,
      read: "15",
      epoch: 0,
      unsettled: 3,
    });
    world.settle(1);
    assert.equal(world.intake.position().acknowledged, "12", "what the filter left out counts as settled");
    world.settle(2);
    assert.deepEqual(world.intake.position(), { acknowledged: "15", read: "15", epoch: 0, unsettled: 0 });
  });

  test("a list is acknowledged as a whole, because its Events come in the order of their keys", async () => {
    const world = new IntakeWorld([[event(20, "stored")], [event(5, "stored")], [listed("start", 0, 30)]]);
    await world.run();
    world.settle(1);
    assert.equal(world.intake.position().acknowledged, undefined);
    world.settle(1);
    assert.equal(world.intake.position().acknowledged, "30");
    assert.deepEqual(world.gaps, [], "the first list is no gap");
  });

  test("a gap is a record of its own, delivered with what it brought", async () => {
    const world = new IntakeWorld([[event(41)], [event(52, "recovered")], [listed("gap", 41, 60)]]);
    world.currentAtMs = world.runtime.wallMs() - 90_000;
    await world.run();
    assert.equal(world.pushed.flat().length, 3);
    assert.deepEqual(world.gaps, [
      {
        cause: "gap",
        from: "41",
        to: "60",
        fromMs: world.runtime.wallMs() - 90_000,
        toMs: world.runtime.wallMs(),
        recovered: 1,
        eventTtlMs: 3_600_000,
        cluster: "c5a1",
        epoch: 0,
      },
    ]);
    world.settle(2);
    assert.equal(world.intake.position().acknowledged, "41", "until the gap itself is told");
    world.settle(1);
    assert.equal(world.intake.position().acknowledged, "60");
    assert.deepEqual(world.notices, []);
  });

  test("a list that finds nothing newer than the position, and soon enough, is no gap to tell of", async () => {
    const world = new IntakeWorld([[{ ...listed("gap", 41, 60), events: 0 }]]);
    world.currentAtMs = world.runtime.wallMs() - 90_000;
    await world.run();
    assert.deepEqual([world.gaps, world.pushed], [[], []]);
    assert.equal(world.intake.position().acknowledged, "60");
  });

  test("that a gap lasted longer than the cluster keeps Events is said", async () => {
    const world = new IntakeWorld([[listed("gap", 41, 60)]]);
    world.currentAtMs = world.runtime.wallMs() - 3_600_001;
    await world.run();
    assert.deepEqual(world.notices, [{ kind: "events_expired", lastedMs: 3_600_001, eventTtlMs: 3_600_000 }]);
  });

  test("a new leader goes on from the position and the epoch of the one before", async () => {
    const before = { acknowledged: "100", timeMs: 0, actedUntilMs: 0, epoch: 2 };
    const world = new IntakeWorld(
      [[{ kind: "takeover", exact: true }], [event(90, "warmed")], [event(101)]],
      { before },
    );
    await world.run();
    assert.deepEqual(
      world.encoded.map(({ recordUid }) => recordUid),
      ["u-101/101/2"],
    );
    assert.deepEqual(world.intake.position(), { acknowledged: "100", read: "101", epoch: 2, unsettled: 1 });
  });

  test("a gap soon after a takeover trusts no count, because the leader before may have been further; a later one does", async () => {
    const told = async (currentAtMs: number): Promise<readonly [number, boolean]> => {
      const before = { acknowledged: "100", timeMs: writtenMs, actedUntilMs: writtenMs + 15_000, epoch: 0 };
      const world = new IntakeWorld(
        [
          [{ kind: "takeover", exact: true }],
          [repeated(90, "warmed", 1)],
          [repeated(120, "recovered", 5)],
          [listed("gap", 100, 130)],
        ],
        { before },
      );
      world.currentAtMs = currentAtMs;
      await world.run();
      const [record] = world.encoded;
      assert.ok(record !== undefined);
      return [record.occurrences, record.occurrencesEstimated];
    };
    assert.deepEqual(await told(writtenMs + 15_000), [1, true]);
    assert.deepEqual(await told(writtenMs + 15_001), [4, false]);
  });

  test("a history that was replaced begins a new epoch without a position", async () => {
    const replaced: SourceItem = { kind: "history_replaced", position: "900", current: "50" };
    const world = new IntakeWorld([
      [event(900)],
      [replaced],
      [event(40, "restored")],
      [listed("history_replaced", 0, 50)],
    ]);
    await world.run();
    world.settle(2);
    assert.deepEqual(world.intake.position(), {
      acknowledged: undefined,
      read: "50",
      epoch: 1,
      unsettled: 1,
    });
    world.settle(1);
    assert.equal(world.intake.position().acknowledged, "50");
    assert.deepEqual(
      world.encoded.map(({ recordUid }) => recordUid),
      ["u-900/900", "u-40/40/1"],
    );
  });

  test("one record that nobody settles holds the source back before its account overflows", async () => {
    const batches = Array.from({ length: 200 }, (_, batch) =>
      Array.from({ length: 500 }, (_item, index) => event(1 + batch * 500 + index)),
    );
    const world = new IntakeWorld(batches);
    const running = world.run();
    await world.runtime.settle();
    assert.deepEqual([world.ended, world.rests], [false, true]);
    assert.ok(world.intake.position().unsettled <= 65_536);
    const pulled = world.pulled;
    world.settle(1000);
    await world.runtime.settle();
    assert.ok(world.pulled > pulled);
    world.stop.abort();
    await running;
  });
});
