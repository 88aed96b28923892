import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { answer } from "../kubernetes/fake-cluster.ts";
import { SourceWorld } from "./source-world.ts";

const noon = Date.UTC(2026, 10, 25, 12);

/** A source that has read `shop/kept@101` and, from the watch, `shop/undone@102`; etcd has a snapshot of 101. */
async function readTwo(world: SourceWorld): Promise<void> {
  world.put("shop", "kept", "", noon);
  world.start();
  await world.watching();
  world.put("shop", "undone", "", noon + 1000);
  await world.until(() => world.states().length === 2);
}

/** From the first list on: what else there was beside Events. */
function kindsOf(world: SourceWorld): readonly string[] {
  return world.others().map((item) => (item.kind === "listed" ? `listed ${item.cause}` : item.kind));
}

suite("an etcd that was restored and has grown past our position", () => {
  test("is known by the last Event of the watch, which is not where it was: everything is given again", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.restore(101);
    world.put("shop", "other");
    world.put("shop", "more");
    await world.until(() => world.states().length === 5);
    await world.watching();
    assert.deepEqual(world.states().slice(2), ["shop/kept@101", "shop/other@102", "shop/more@103"]);
    assert.deepEqual(world.origins(), ["stored", "added", "restored", "restored", "restored"]);
    assert.deepEqual(kindsOf(world), ["listed start", "history_replaced", "listed history_replaced"]);
    assert.deepEqual(world.others()[1], { kind: "history_replaced", position: "102", current: "103" });
    const [notice] = world.noticed("history_rewritten");
    assert.equal(notice?.position, "102");
    assert.match(notice.detail, /read at resourceVersion 102 was not there at that time/);
  });

  test("a history that goes on is none, whatever became of that Event", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.apiServer.inject({ kind: "refuse", count: 1, code: "refused" });
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    await world.until(() => !world.source.status().connected);
    world.log.delete("shop", "undone");
    world.put("shop", "undone");
    await world.until(() => world.source.status().position === "104");
    assert.deepEqual(kindsOf(world), ["listed start", "removed"]);
    assert.deepEqual(world.noticed("history_rewritten"), []);
  });

  test("nothing is concluded from what is compacted away", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.apiServer.inject({ kind: "bookmark" });
    world.log.skip(100);
    await world.until(() => world.source.status().position === "202");
    world.log.compact(202);
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    world.put("shop", "next");
    await world.until(() => world.states().length === 3);
    assert.deepEqual(kindsOf(world), ["listed start", "bookmark"]);
  });

  test("a failed question is asked again before the watch resumes", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    let asked = 0;
    world.instead = ({ path }) => {
      if (!path.includes("fieldSelector")) return undefined;
      asked += 1;
      return asked <= 3 ? answer(503) : undefined;
    };
    world.restore(101);
    world.put("shop", "other");
    await world.until(() => world.states().length === 4);
    assert.equal(world.noticed("api_server_failed").length, 3);
    assert.equal(world.watches().length, 1);
    assert.deepEqual(kindsOf(world).slice(1, 2), ["history_replaced"]);
  });

  test("is known in a gap too: by an Event that is stored with an older resourceVersion", async () => {
    await using world = new SourceWorld();
    world.put("shop", "changed");
    world.start();
    await world.watching();
    world.put("shop", "changed");
    await world.until(() => world.states().length === 2);
    world.log.restore(101);
    world.put("shop", "other");
    world.apiServer.inject({ kind: "watch_error", code: 410 });
    await world.until(() => world.noticed("history_rewritten").length === 1);
    await world.watching();
    assert.deepEqual(world.states().slice(2), ["shop/changed@101", "shop/other@102"]);
    assert.match(world.noticed("history_rewritten")[0]?.detail ?? "", /102 is stored at 101/);
    assert.deepEqual(kindsOf(world), ["listed start", "history_replaced", "listed history_replaced"]);
  });

  test("or by one that was written after everything we had read", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.log.restore(101);
    world.put("shop", "other", "", noon + 60_000);
    world.put("shop", "more", "", noon + 61_000);
    world.apiServer.inject({ kind: "watch_error", code: 410 });
    await world.until(() => world.states().length === 5);
    assert.match(world.noticed("history_rewritten")[0]?.detail ?? "", /102 was written 59 s after/);
  });

  test("what a gap brought is known afterwards, and no proof in the next one", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    for (let gap = 1; gap <= 2; gap += 1) {
      world.apiServer.inject({ kind: "refuse", count: 2, code: "refused" });
      world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
      await world.until(() => !world.source.status().connected);
      world.put("shop", `in gap ${gap}`, "", noon + gap * 600_000);
      world.log.skip(10);
      world.log.compact(world.log.current);
      await world.watching();
    }
    assert.deepEqual(kindsOf(world), ["listed start", "listed gap", "listed gap"]);
    assert.deepEqual(world.origins(), ["stored", "added", "recovered", "recovered"]);
  });

  test("after it, the new history is the one to compare with", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    for (let round = 1; round <= 2; round += 1) {
      world.restore(101);
      world.log.skip(10 * round);
      world.put("shop", `other ${round}`, "", noon + round);
      await world.until(() => world.noticed("history_rewritten").length === round);
      await world.watching();
      world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
      await world.pass(1000);
      await world.watching();
      assert.equal(world.noticed("history_rewritten").length, round, "nothing of the old one is a witness");
      world.put("shop", `live ${round}`, "", noon + round * 1000);
      const live = world.states().length + 1;
      await world.until(() => world.states().length === live);
      assert.equal(world.source.status().writtenMs, noon + round * 1000);
      world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
      await world.pass(1000);
      await world.watching();
      assert.equal(world.noticed("history_rewritten").length, round);
    }
  });
});

suite("an etcd that is restored while the first list is read", () => {
  test("replaces the history before there was a position", async () => {
    await using world = new SourceWorld({ pageSize: 10 });
    for (let index = 0; index < 25; index += 1) world.put(`n${index % 5}`, `e-${index}`);
    let pages = 0;
    world.instead = () => {
      pages += 1;
      if (pages !== 2) return undefined;
      world.log.restore(110);
      return answer(410);
    };
    world.start();
    await world.watching();
    assert.deepEqual(world.others(), [
      { kind: "history_replaced", position: "125", current: "110" },
      { kind: "listed", cause: "history_replaced", after: "125", resourceVersion: "110", events: 10 },
    ]);
  });
});

suite("a watch that is silent", () => {
  test("since etcd was restored under it: found out within two minutes, and everything is given again", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.restore(101, true);
    await world.until(() => world.noticed("position_in_future").length === 1);
    assert.ok(world.simulator.nowMs < 120_000, String(world.simulator.nowMs));
    const [ended] = world.noticed("watch_ended");
    assert.ok(ended?.cause === "network" && /the API server is at 101/.test(ended.detail), ended?.detail);
    await world.watching();
    assert.deepEqual(world.states().slice(2), ["shop/kept@101"]);
  });

  test("also where the other objects of the cluster have carried it past our position", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.restore(101, true);
    world.log.skip(50);
    await world.until(() => world.noticed("history_rewritten").length === 1);
    assert.ok(world.simulator.nowMs < 120_000, String(world.simulator.nowMs));
    await world.watching();
    assert.deepEqual(world.states().slice(2), ["shop/kept@101"]);
  });

  test("because nothing happens: it lives on, is asked about once a minute, and is known to be current", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    const startedMs = world.runtime.wallMs();
    world.log.skip(20);
    const before = world.lists().length;
    await world.pass(200_000);
    assert.equal(world.watches().length, 1);
    const questions = world.lists().slice(before);
    assert.equal(questions.length, 6, "two requests each, for what is newest and for what was read last");
    const { currentAtMs } = world.source.status();
    assert.ok(currentAtMs >= startedMs + 120_000 && currentAtMs <= startedMs + 200_000);
  });

  test("a question that fails is no reason to end it, and no word", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.apiServer.inject({ kind: "hang", count: 1, forMs: 3_600_000, verb: "list" });
    await world.pass(100_000);
    world.apiServer.inject({ kind: "answer", count: 10, status: 503, verb: "list" });
    await world.pass(100_000);
    assert.equal(world.apiServer.openWatches, 1);
    assert.deepEqual(world.noticed("watch_ended"), []);
    assert.deepEqual(world.noticed("api_server_failed"), []);
    world.put("shop", "next");
    await world.until(() => world.states().length === 3);
  });

  test("ends with its source in the middle of the question", async () => {
    await using world = new SourceWorld();
    await readTwo(world);
    world.apiServer.inject({ kind: "hang", count: 1, forMs: 3_600_000, verb: "list" });
    await world.pass(62_000);
    world.abort();
    const { nowMs } = world.simulator;
    await world.until(() => world.ended);
    assert.equal(world.simulator.nowMs, nowMs);
    assert.equal(world.apiServer.openWatches, 0);
  });
});

suite("when the position was last the present", () => {
  test("after a list: when that began; after Events: when they were written", async () => {
    await using world = new SourceWorld();
    assert.equal(world.source.status().currentAtMs, 0);
    const beganMs = world.runtime.wallMs();
    world.put("shop", "a");
    world.start();
    await world.watching();
    assert.equal(world.source.status().currentAtMs, beganMs);
    await world.pass(20_000);
    world.put("shop", "backlog", "", beganMs + 5000);
    await world.until(() => world.states().length === 2);
    assert.equal(world.source.status().currentAtMs, beganMs + 5000);
    world.put("shop", "from a clock ahead", "", beganMs + 3_600_000);
    await world.until(() => world.states().length === 3);
    assert.equal(world.source.status().currentAtMs, world.runtime.wallMs());
    assert.equal(world.source.status().writtenMs, beganMs + 3_600_000);
  });

  test("a list after a gap moves that only when its end was told: the gap began where it had been", async () => {
    await using world = new SourceWorld();
    world.start();
    await world.watching();
    const beganMs = world.source.status().currentAtMs;
    await world.pass(20_000);
    world.log.skip(10);
    world.log.compact(world.log.current);
    world.hold();
    world.apiServer.inject({ kind: "end_watches" });
    await world.until(() => world.items.at(-1)?.kind === "listed" && world.items.length === 2);
    assert.equal(world.source.status().currentAtMs, beganMs);
    world.release();
    await world.watching();
    assert.ok(world.source.status().currentAtMs >= beganMs + 20_000);
  });
});
