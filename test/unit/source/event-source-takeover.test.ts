import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { ApiServerFault } from "../../../src/standin/api-server/fault.ts";
import { answer } from "../kubernetes/fake-cluster.ts";
import { SourceWorld, stateOf } from "./source-world.ts";

const noon = Date.UTC(2026, 10, 25, 12);

/** A new leader in a cluster where these were written, one revision each from 101 on, after one at `position`. */
function takeover(position: number, written: readonly string[] = [], writtenMs = 0): SourceWorld {
  const resume = { resourceVersion: String(position), writtenMs };
  const world = new SourceWorld({ resume, pageSize: 10 });
  for (const name of written) world.put("shop", name);
  return world;
}

/** Compacts so that only the present is known. */
function compact(world: SourceWorld): void {
  world.log.skip(10);
  world.log.compact(world.log.current);
}

/** The Events so far as `origin namespace/name@resourceVersion`, the other items by their kind. */
function told(world: SourceWorld): readonly string[] {
  return world.items.map((item) => {
    if (item.kind === "event") return `${item.origin} ${stateOf(item)}`;
    if (item.kind === "takeover") return item.exact ? "takeover exactly" : "takeover";
    return item.kind;
  });
}

function versionOf(state: string): number {
  return Number(state.slice(state.indexOf("@") + 1));
}

suite("a new leader", () => {
  test("is given what the one before knew, exactly, and then every change after it", async () => {
    await using world = takeover(103, ["a", "b", "a", "b", "c"]);
    world.log.delete("shop", "a");
    world.start();
    await world.until(() => world.source.status().position === "106");
    world.put("shop", "d");
    await world.until(() => world.source.status().position === "107");
    assert.deepEqual(told(world), [
      "takeover exactly",
      "warmed shop/a@103",
      "warmed shop/b@102",
      "modified shop/b@104",
      "added shop/c@105",
      "removed",
      "added shop/d@107",
    ]);
    assert.deepEqual(
      world.notices.map(({ kind }) => kind),
      ["warmed_up", "watch_started"],
    );
    assert.deepEqual(world.noticed("warmed_up"), [{ kind: "warmed_up", events: 2, durationMs: 0 }]);
  });

  test("is at the position of the one before from the start", async () => {
    await using world = takeover(101, ["a"]);
    assert.equal(world.source.status().position, "101");
    assert.equal(world.source.status().currentAtMs, 0, "but that was the present of somebody else");
    world.start();
    await world.watching();
    assert.equal(world.source.status().position, "101");
    assert.equal(world.source.status().currentAtMs, 0);
  });

  test("takes the removals of its backlog for no sign that it has caught up, and those after it for one", async () => {
    await using world = takeover(102, ["a", "b"]);
    world.log.delete("shop", "a");
    await world.pass(20_000);
    world.start();
    await world.until(() => world.source.status().position === "103");
    assert.equal(world.source.status().currentAtMs, 0);
    world.log.delete("shop", "b");
    await world.until(() => world.source.status().position === "104");
    assert.equal(world.source.status().currentAtMs, world.runtime.wallMs());
  });

  test("compares with what is stored where the position is compacted away", async () => {
    await using world = takeover(103, ["a", "b", "c", "b", "d"]);
    compact(world);
    world.start();
    await world.watching();
    assert.deepEqual(told(world), [
      "takeover",
      "warmed shop/a@101",
      "warmed shop/c@103",
      "recovered shop/b@104",
      "recovered shop/d@105",
      "listed",
    ]);
    assert.deepEqual(world.items.at(-1), {
      kind: "listed",
      cause: "takeover",
      after: "103",
      resourceVersion: "115",
      events: 2,
    });
    assert.deepEqual(
      world.noticed("list_finished").map(({ cause, events }) => ({ cause, events })),
      [{ cause: "takeover", events: 2 }],
    );
    assert.equal(world.source.status().currentAtMs, world.runtime.wallMs());
  });

  test("also where it is compacted away in the middle: what comes twice is only what is not sent", async () => {
    const names = Array.from({ length: 25 }, (_, index) => `e-${10 + index}`);
    await using world = takeover(125, names);
    let lists = 0;
    world.instead = () => {
      lists += 1;
      if (lists !== 3) return undefined;
      world.put("shop", "new");
      compact(world);
      return undefined;
    };
    world.start();
    await world.watching();
    const all = told(world);
    assert.deepEqual(all.slice(0, 2), ["takeover exactly", "warmed shop/e-10@101"]);
    const second = all.indexOf("takeover");
    assert.equal(second, 11);
    assert.deepEqual(all.slice(second + 1).toSorted(), [
      "listed",
      "recovered shop/new@126",
      ...names.map((name, index) => `warmed shop/${name}@${101 + index}`),
    ]);
    assert.deepEqual(world.noticed("warmed_up"), []);
  });

  test("goes on after failures where it was, and says them", async () => {
    const names = Array.from({ length: 25 }, (_, index) => `e-${10 + index}`);
    await using world = takeover(125, names);
    world.apiServer.inject({ kind: "answer", count: 1, status: 503 });
    let lists = 0;
    world.instead = ({ path }) => {
      if (!path.includes("continue=")) return undefined;
      lists += 1;
      return lists % 2 === 1 ? answer(500) : undefined;
    };
    world.start();
    await world.watching();
    assert.deepEqual(told(world), [
      "takeover exactly",
      ...names.map((name, index) => `warmed shop/${name}@${101 + index}`),
    ]);
    assert.equal(world.noticed("api_server_failed").length, 3);
  });

  test("finds that etcd was restored before its position: everything is given as another history", async () => {
    await using world = takeover(103, ["a", "b", "c"]);
    world.log.restore(102);
    world.start();
    await world.watching();
    assert.deepEqual(told(world), [
      "history_replaced",
      "restored shop/a@101",
      "restored shop/b@102",
      "listed",
    ]);
    assert.deepEqual(world.items[0], { kind: "history_replaced", position: "103", current: "102" });
    assert.deepEqual(world.noticed("position_in_future"), [
      { kind: "position_in_future", position: "103", current: "102" },
    ]);
  });

  test("also where it happens while it warms up", async () => {
    const names = Array.from({ length: 25 }, (_, index) => `e-${10 + index}`);
    await using world = takeover(125, names);
    let lists = 0;
    world.instead = ({ path }) => {
      if (path.includes("continue=")) lists += 1;
      if (lists !== 1) return undefined;
      world.log.restore(110);
      lists += 1;
      return answer(500);
    };
    world.start();
    await world.watching();
    const all = told(world);
    assert.deepEqual(all.slice(0, 2), ["takeover exactly", "warmed shop/e-10@101"]);
    assert.deepEqual(all.slice(11), [
      "history_replaced",
      ...names.slice(0, 10).map((name, index) => `restored shop/${name}@${101 + index}`),
      "listed",
    ]);
  });

  for (const isCompacted of [false, true]) {
    const how = isCompacted ? "compacted" : "known";
    test(`or has grown past it since, by the time of a write; the position ${how}`, async () => {
      await using world = takeover(103, [], noon);
      world.put("shop", "a", "", noon - 60_000);
      world.put("shop", "b", "", noon - 30_000);
      world.put("shop", "c", "", noon);
      world.log.restore(101);
      world.put("shop", "d", "", noon + 60_000);
      world.put("shop", "e", "", noon + 61_000);
      world.put("shop", "f", "", noon + 62_000);
      if (isCompacted) compact(world);
      world.start();
      await world.watching();
      assert.deepEqual(
        told(world).filter((what) => !what.startsWith("takeover")),
        [
          "history_replaced",
          "restored shop/a@101",
          "restored shop/d@102",
          "restored shop/e@103",
          "restored shop/f@104",
          "listed",
        ],
      );
      const [notice] = world.noticed("history_rewritten");
      assert.equal(notice?.position, "103");
      assert.match(notice.detail, /resourceVersion 102 was written 60 s after everything read up to there/);
      assert.deepEqual(world.noticed("position_in_future"), []);
    });
  }

  test("takes clocks that differ by some seconds for that, and knows nothing without a time", async () => {
    for (const writtenMs of [noon, 0]) {
      await using world = takeover(101, [], writtenMs);
      world.put("shop", "a", "", writtenMs === 0 ? noon + 3_600_000 : noon + 9000);
      world.start();
      await world.watching();
      assert.deepEqual(told(world), ["takeover exactly", "warmed shop/a@101"]);
    }
  });

  test("of an epoch that had no position yet is given everything, as of that epoch", async () => {
    await using world = new SourceWorld({ resume: { resourceVersion: "", writtenMs: 0 } });
    world.put("shop", "a");
    world.apiServer.inject({ kind: "answer", count: 2, status: 503, verb: "list" });
    world.start();
    await world.watching();
    assert.deepEqual(told(world), ["takeover", "restored shop/a@101", "listed"]);
    assert.deepEqual(world.items.at(-1), {
      kind: "listed",
      cause: "history_replaced",
      after: "",
      resourceVersion: "101",
      events: 1,
    });
  });

  for (const isCompacted of [false, true]) {
    const how = isCompacted ? "by a list" : "exactly";
    test(`that took over ${how} resumes at once when its first watch is cut, whatever came before`, async () => {
      await using world = takeover(101, ["a"]);
      if (isCompacted) compact(world);
      world.apiServer.inject({ kind: "answer", count: 5, status: 503 });
      world.start();
      await world.watching();
      const { nowMs } = world.simulator;
      world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
      await world.until(() => world.watches().length === 2);
      assert.equal(world.simulator.nowMs, nowMs);
    });
  }

  test("resumes as ever afterwards, and a gap then is its own", async () => {
    await using world = takeover(101, ["a"]);
    world.start();
    await world.watching();
    world.apiServer.inject({ kind: "refuse", count: 3, code: "refused" });
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    await world.until(() => !world.source.status().connected);
    world.put("shop", "b");
    compact(world);
    await world.watching();
    assert.deepEqual(told(world), [
      "takeover exactly",
      "warmed shop/a@101",
      "recovered shop/b@102",
      "listed",
    ]);
    const listed = world.items.at(-1);
    assert.ok(listed?.kind === "listed" && listed.cause === "gap" && listed.after === "101");
  });

  test("misses nothing after the position and repeats nothing, whatever happens meanwhile", async () => {
    const fault = fc.constantFrom<ApiServerFault | "put" | "delete" | "compact">(
      "put",
      "put",
      "delete",
      "compact",
      { kind: "answer", count: 1, status: 500 },
      { kind: "answer", count: 1, status: 410, verb: "list" },
      { kind: "refuse", count: 1, code: "reset" },
      { kind: "hang", count: 1, forMs: 40_000 },
      { kind: "end_watches" },
      { kind: "watch_error", code: 410 },
    );
    const step = fc.record({ fault, name: fc.nat(30), afterMs: fc.constantFrom(0, 0, 5, 1000, 20_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { minLength: 1, maxLength: 60 }),
        fc.nat(59),
        fc.array(step, { maxLength: 12 }),
        async (names, known, steps) => {
          const position = 101 + Math.min(known, names.length - 1);
          await using world = takeover(position);
          for (const name of names) world.put(`n${name % 3}`, `e-${name}`);
          // One step before each request that there is, as long as there are steps: also in the middle of a list.
          const left = [...steps];
          const act = (): void => {
            const next = left.shift();
            if (next === undefined) return;
            if (next.fault === "put") world.put(`n${next.name % 3}`, `e-${next.name}`);
            else if (next.fault === "delete") world.log.delete(`n${next.name % 3}`, `e-${next.name}`);
            else if (next.fault === "compact") compact(world);
            else world.apiServer.inject(next.fault);
          };
          world.instead = () => {
            act();
            return undefined;
          };
          let dueMs = 0;
          for (const { afterMs } of steps) {
            dueMs += afterMs;
            world.simulator.schedule(dueMs, act);
          }
          world.start();
          await world.pass(dueMs);
          await world.until(() => left.length === 0);
          await world.pass(300_000);
          await world.watching();

          const sent = world.items.flatMap((item) =>
            item.kind === "event" && item.origin !== "warmed" ? [stateOf(item)] : [],
          );
          const warmed = world.items.flatMap((item) =>
            item.kind === "event" && item.origin === "warmed" ? [stateOf(item)] : [],
          );
          assert.equal(new Set(sent).size, sent.length, "twice");
          assert.ok(
            warmed.every((state) => versionOf(state) <= position),
            "passed for known",
          );
          assert.ok(
            sent.every((state) => versionOf(state) > position),
            "sent again",
          );
          const all = new Set([...sent, ...warmed]);
          const missing = world.stored().filter((state) => !all.has(state));
          assert.deepEqual(missing, []);
        },
      ),
      { numRuns: 100 },
    );
  });
});
