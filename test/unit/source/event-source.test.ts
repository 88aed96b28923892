import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { HttpResponse } from "../../../src/net/http.ts";
import type { ApiServerFault } from "../../../src/standin/api-server/fault.ts";
import { answer } from "../kubernetes/fake-cluster.ts";
import { SourceWorld, type Asked } from "./source-world.ts";

/** The waits between requests, in ms. */
function gapsOf(asked: readonly Asked[]): readonly number[] {
  return asked.slice(1).map(({ atMs }, index) => atMs - (asked[index]?.atMs ?? 0));
}

suite("the start", () => {
  test("`stored`: what the cluster holds, oldest first, then what comes, nothing twice", async () => {
    await using world = new SourceWorld();
    world.put("shop", "b");
    world.put("shop", "a");
    world.start();
    await world.watching();
    world.put("shop", "c");
    world.put("shop", "b");
    await world.until(() => world.states().length === 4);
    assert.deepEqual(world.states(), ["shop/b@101", "shop/a@102", "shop/c@103", "shop/b@104"]);
    assert.deepEqual(world.origins(), ["stored", "stored", "added", "modified"]);
    assert.deepEqual(world.items[2], {
      kind: "listed",
      cause: "start",
      after: "",
      resourceVersion: "102",
      events: 2,
    });
    assert.deepEqual(world.source.status().position, "104");
    assert.deepEqual(
      world.notices.map(({ kind }) => kind),
      ["list_started", "list_finished", "watch_started"],
    );
    assert.deepEqual(world.noticed("list_finished")[0], {
      kind: "list_finished",
      cause: "start",
      events: 2,
      durationMs: 0,
    });
  });

  test("`now`: only what happens from then on, though asked for a moment later", async () => {
    await using world = new SourceWorld({ startFrom: "now" });
    world.put("shop", "old");
    world.apiServer.inject({ kind: "refuse", count: 2, code: "reset", verb: "watch" });
    world.start();
    await world.until(() => world.watches().length > 0);
    world.put("shop", "new");
    await world.until(() => world.states().length > 0);
    assert.deepEqual(world.states(), ["shop/new@102"]);
    assert.deepEqual(world.others(), [{ kind: "bookmark", resourceVersion: "101" }]);
    assert.equal(
      world.lists()[0]?.path.includes("limit=1"),
      true,
      "one Event is enough to know the position",
    );
  });

  test("what changes while the list is read comes with the watch", async () => {
    await using world = new SourceWorld({ pageSize: 10 });
    for (let index = 0; index < 30; index += 1) world.put("shop", `e-${index}`);
    let changed = false;
    world.instead = ({ path }) => {
      if (path.includes("continue=") && !changed) {
        changed = true;
        world.put("shop", "e-29");
        world.put("aaa", "new");
      }
      return undefined;
    };
    world.start();
    await world.watching();
    await world.until(() => world.items.length >= 32);
    const states = new Set(world.states());
    assert.equal(states.size, 32);
    assert.deepEqual(
      world.stored().filter((state) => !states.has(state)),
      [],
    );
  });
});

suite("a watch that ends is resumed", () => {
  const ends: readonly (readonly [what: string, fault: ApiServerFault, cause: string])[] = [
    ["closed", { kind: "end_watches" }, "closed"],
    ["reset", { kind: "break_watches", code: "reset", midLine: false }, "network"],
    ["reset in the middle of a line", { kind: "break_watches", code: "reset", midLine: true }, "network"],
    ["GOAWAY", { kind: "break_watches", code: "goaway", midLine: false }, "network"],
    ["a peer gone silent", { kind: "break_watches", code: "silent", midLine: true }, "network"],
    ["an error in the stream", { kind: "watch_error", code: 500 }, "server_error"],
    ["410 in the stream", { kind: "watch_error", code: 410 }, "expired"],
  ];
  for (const [what, fault, cause] of ends) {
    test(what, async () => {
      await using world = new SourceWorld();
      world.start();
      await world.watching();
      for (let round = 0; round < 3; round += 1) {
        world.put("shop", `e-${round}`);
        await world.until(() => world.states().length === world.log.current - 100);
        world.apiServer.inject(fault);
        world.put("shop", `e-${round}`);
        await world.until(() => world.states().length === world.log.current - 100);
        await world.watching();
      }
      assert.deepEqual(
        world.states().map((state) => Number(state.slice(state.indexOf("@") + 1))),
        [101, 102, 103, 104, 105, 106],
      );
      assert.deepEqual(
        world.noticed("watch_ended").map((notice) => notice.cause),
        [cause, cause, cause],
      );
    });
  }

  test("without a wait after one that brought something, however often", async () => {
    await using world = new SourceWorld();
    world.start();
    for (let round = 1; round <= 10; round += 1) {
      await world.watching();
      world.put("shop", "a");
      await world.until(() => world.states().length === round);
      world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
      await world.until(() => world.noticed("watch_ended").length === round);
    }
    await world.watching();
    assert.equal(world.simulator.nowMs, 0);
  });

  test("at its time-out, at another moment each time, and before etcd forgets the position", async () => {
    await using world = new SourceWorld();
    world.start();
    await world.until(() => world.watches().length === 6);
    const gaps = gapsOf(world.watches());
    assert.ok(
      gaps.every((gap) => gap >= 239_000 && gap <= 291_000),
      gaps.join(" "),
    );
    assert.ok(new Set(gaps).size > 1);
    assert.ok(world.noticed("watch_ended").every(({ cause }) => cause === "timeout"));
  });

  test("a bookmark and a removal move the position, without an Event", async () => {
    await using world = new SourceWorld();
    world.put("shop", "a");
    world.start();
    await world.watching();
    world.log.delete("shop", "a");
    world.log.skip(50);
    world.apiServer.inject({ kind: "bookmark" });
    await world.until(() => world.others().length === 3);
    assert.deepEqual(world.others().slice(1), [
      { kind: "removed", resourceVersion: "102" },
      { kind: "bookmark", resourceVersion: "152" },
    ]);
    assert.equal(world.source.status().position, "152");
  });

  test("a malformed line is given as that, and the next line goes on", async () => {
    await using world = new SourceWorld();
    world.start();
    await world.watching();
    world.apiServer.inject({ kind: "watch_line", line: '{"type":"ADDED","object":{"broken":' });
    world.put("shop", "a");
    await world.until(() => world.states().length === 1);
    const [, malformed, event] = world.items;
    assert.ok(malformed?.kind === "malformed" && malformed.excerpt.includes("broken"));
    assert.ok(event?.kind === "event");
    assert.deepEqual(world.noticed("watch_ended"), []);
  });
});

suite("a gap", () => {
  test("410 to the request: what is stored is compared, and only what was missed comes", async () => {
    await using world = new SourceWorld();
    world.put("shop", "seen");
    world.start();
    await world.watching();
    // Away for long: the change of `missed` in between is gone for good, its last state is not.
    world.apiServer.inject({ kind: "refuse", count: 5, code: "refused" });
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    await world.until(() => !world.source.status().connected);
    world.put("shop", "missed");
    world.put("shop", "missed");
    world.log.skip(1000);
    world.log.compact(world.log.current);
    await world.watching();
    world.put("shop", "after");
    await world.until(() => world.states().length === 3);
    assert.deepEqual(world.states(), ["shop/seen@101", "shop/missed@103", "shop/after@1104"]);
    assert.deepEqual(world.origins(), ["stored", "recovered", "added"]);
    assert.deepEqual(world.others()[1], {
      kind: "listed",
      cause: "gap",
      after: "101",
      resourceVersion: "1103",
      events: 1,
    });
    assert.deepEqual(
      world.noticed("list_started").map(({ cause }) => cause),
      ["start", "gap"],
    );
  });

  test("a watch that closes without a word may mean the same, and is compared too", async () => {
    await using world = new SourceWorld();
    world.start();
    await world.watching();
    let closed = 0;
    world.instead = ({ path }): HttpResponse | undefined => {
      if (!path.includes("watch=true") || closed === 3) return undefined;
      closed += 1;
      return answer(200);
    };
    world.apiServer.inject({ kind: "end_watches" });
    world.put("shop", "a");
    await world.until(() => closed === 3 && world.source.status().connected);
    await world.until(() => world.items.length > 0);
    assert.deepEqual(world.states(), ["shop/a@101"]);
    assert.ok(world.noticed("list_started").length >= 3);
  });

  test("an etcd that was restored: said, and everything comes again from the beginning", async () => {
    await using world = new SourceWorld();
    world.put("shop", "kept");
    world.start();
    await world.watching();
    const snapshot = world.log.current;
    world.put("shop", "undone");
    await world.until(() => world.states().length === 2);
    world.log.restore(snapshot);
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    await world.until(() => world.noticed("position_in_future").length > 0);
    await world.watching();
    world.put("shop", "other");
    await world.until(() => world.states().length === 4);
    assert.deepEqual(world.states(), ["shop/kept@101", "shop/undone@102", "shop/kept@101", "shop/other@102"]);
    assert.deepEqual(world.noticed("position_in_future"), [
      { kind: "position_in_future", position: "102", current: "101" },
    ]);
    assert.deepEqual(world.others().slice(1), [
      { kind: "history_replaced", position: "102", current: "101" },
      { kind: "listed", cause: "history_replaced", after: "102", resourceVersion: "101", events: 1 },
    ]);
  });

  test("the same while the stored Events are compared", async () => {
    await using world = new SourceWorld();
    world.put("shop", "kept");
    world.put("shop", "undone");
    world.start();
    await world.watching();
    world.log.restore(101);
    world.apiServer.inject({ kind: "watch_error", code: 410 });
    await world.until(() => world.states().length === 3);
    assert.deepEqual(world.states(), ["shop/kept@101", "shop/undone@102", "shop/kept@101"]);
    assert.deepEqual(
      world.noticed("list_started").map(({ cause }) => cause),
      ["start", "gap", "history_replaced"],
    );
  });
});

suite("refusals", () => {
  test("401: a fresh token is taken at once; a refused one is said and asked for again", async () => {
    await using world = new SourceWorld();
    world.token = "expired";
    world.put("shop", "a");
    world.start();
    await world.until(() => world.noticed("credentials_refused").length === 3);
    assert.equal(world.refreshes, 3, "re-read once for each request");
    assert.deepEqual(world.states(), []);
    world.token = "good";
    await world.until(() => world.states().length === 1);
    assert.deepEqual(world.noticed("permission_missing"), []);
  });

  for (const verb of ["list", "watch"] as const) {
    test(`403 to the ${verb}: the words name the verb and the resource, and it is asked more and more slowly`, async () => {
      await using world = new SourceWorld();
      world.put("shop", "a");
      world.apiServer.inject({ kind: "forbid", permission: `${verb} events` });
      world.start();
      await world.until(() => world.noticed("permission_missing").length === 8);
      const [notice] = world.noticed("permission_missing");
      assert.equal(notice?.verb, verb);
      assert.equal(notice.resource, "events.events.k8s.io");
      assert.match(
        notice.detail,
        new RegExp(`cannot ${verb} resource "events" in API group "events.k8s.io"`),
      );
      // Soon at first: an API server that has just started says 403 until it knows its roles.
      assert.ok(notice.retryInMs < 1000);
      assert.ok((world.noticed("permission_missing").at(-1)?.retryInMs ?? 0) >= 15_000);
      world.apiServer.inject({ kind: "permit", permission: `${verb} events` });
      await world.watching();
      assert.deepEqual(world.states(), ["shop/a@101"]);
    });
  }

  for (const verb of ["list", "watch"] as const) {
    for (const status of [429, 503]) {
      test(`${status} to the ${verb}: it waits as long as the server asks for`, async () => {
        await using world = new SourceWorld();
        world.apiServer.inject({ kind: "answer", count: 2, status, retryAfterSeconds: 17, verb });
        world.start();
        await world.watching();
        assert.equal(world.simulator.nowMs, 34_000);
        assert.deepEqual(
          world.noticed("api_server_failed").map(({ retryInMs }) => retryInMs),
          [17_000, 17_000],
        );
      });
    }
  }

  test("failures are asked again later and later, up to a bound, and at once again after a good time", async () => {
    await using world = new SourceWorld();
    world.apiServer.inject({ kind: "answer", count: 9, status: 500 });
    world.start();
    await world.watching();
    for (const [index, gap] of gapsOf(world.lists()).entries()) {
      const most = Math.min(800 * 2 ** index, 30_000);
      assert.ok(gap >= Math.floor(most / 2) && gap <= most, `wait ${index + 1} is ${gap}`);
    }
    await world.pass(20_000);
    world.apiServer.inject({ kind: "answer", count: 1, status: 500, verb: "list" });
    world.apiServer.inject({ kind: "break_watches", code: "reset", midLine: false });
    await world.until(() => world.noticed("api_server_failed").length === 10);
    const last = world.noticed("api_server_failed").at(-1);
    assert.ok(last !== undefined && last.retryInMs <= 1600, String(last?.retryInMs));
  });

  test("an API server that answers nothing for long is asked again, and every wait has an end", async () => {
    await using world = new SourceWorld();
    world.put("shop", "a");
    world.apiServer.inject({ kind: "hang", count: 2, forMs: 3_600_000, verb: "list" });
    world.apiServer.inject({ kind: "hang", count: 2, forMs: 3_600_000, verb: "watch" });
    world.start();
    await world.watching();
    assert.ok(world.simulator.nowMs < 180_000, String(world.simulator.nowMs));
    assert.deepEqual(world.states(), ["shop/a@101"]);
  });

  const endsAtOnce: readonly (readonly [what: string, answer: () => HttpResponse])[] = [
    ["with a page of HTML", () => answer(200, "<html>\nSign in\n")],
    ["in silence", () => answer(200)],
    ["with 410", () => answer(410)],
    ["with 410 in the stream", () => answer(200, '{"type":"ERROR","object":{"kind":"Status","code":410}}\n')],
    ["with 500 in the stream", () => answer(200, '{"type":"ERROR","object":{"kind":"Status","code":500}}\n')],
  ];
  for (const [what, ending] of endsAtOnce) {
    test(`whoever ends every watch at once ${what} is asked less and less often`, async () => {
      await using world = new SourceWorld();
      world.instead = ({ path }) => {
        if (!path.includes("watch=true")) return undefined;
        // Stops a loop without time, which nothing else could.
        if (world.asked.length > 1000) throw new Error("1,000 requests");
        return ending();
      };
      world.start();
      await world.pass(600_000);
      assert.ok(world.watches().length < 40, `${world.watches().length} watches in ten minutes`);
      assert.ok(world.watches().length > 10);
      world.instead = () => undefined;
      world.put("shop", "a");
      await world.until(() => world.states().length === 1);
    });
  }
});

suite("a consumer that does not come back", () => {
  test("holds the API server back for seconds, then frees it; nothing is lost or repeated after", async () => {
    await using world = new SourceWorld();
    world.start();
    await world.watching();
    world.hold();
    world.put("shop", "first");
    await world.until(() => world.states().length === 1);
    for (let index = 0; index < 500; index += 1) world.put("shop", `e-${index % 50}`);
    await world.pass(4000);
    assert.equal(world.apiServer.openWatches, 1, "a short wait costs no new watch");
    await world.pass(4000);
    assert.equal(world.apiServer.openWatches, 0);
    const asked = world.asked.length;
    const { beats } = world;
    await world.pass(3_600_000);
    assert.equal(world.asked.length, asked, "nothing is asked meanwhile");
    assert.equal(world.beats, beats, "that time is the consumer's");
    world.release();
    await world.until(() => world.states().length === 501);
    assert.equal(new Set(world.states()).size, 501);
    assert.deepEqual(
      world.noticed("watch_ended").map(({ cause }) => cause),
      ["held_back"],
    );
  });

  test("nor in the middle of a list, which then goes on where it was", async () => {
    await using world = new SourceWorld({ pageSize: 10 });
    for (let index = 0; index < 60; index += 1) world.put(`n${index % 6}`, `e-${index}`);
    world.hold();
    world.start();
    await world.until(() => world.items.length > 0);
    const read = world.items.length;
    await world.pass(600_000);
    assert.equal(world.items.length, read);
    // Meanwhile the token of the next page has expired with its revision.
    world.log.skip(10);
    world.log.compact(world.log.current);
    world.release();
    await world.watching();
    assert.equal(world.states().length, 60);
    assert.deepEqual(new Set(world.states()), new Set(world.stored()));
  });
});

suite("the end", () => {
  test("an abort, whenever it comes, ends it without a wait and closes the stream", async () => {
    const fault = fc.constantFrom<ApiServerFault>(
      { kind: "hang", count: 1, forMs: 10_000 },
      { kind: "refuse", count: 1, code: "reset" },
      { kind: "answer", count: 1, status: 403 },
      { kind: "answer", count: 1, status: 503, retryAfterSeconds: 20 },
      { kind: "silence" },
      { kind: "dribble", bytes: 100, delayMs: 200 },
      { kind: "end_watches" },
      { kind: "watch_error", code: 410 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 4 }), fc.nat(60_000), async (faults, abortAtMs) => {
        await using world = new SourceWorld({ pageSize: 10 });
        for (let index = 0; index < 35; index += 1) world.put(`n${index % 3}`, `e-${index}`);
        world.simulator.schedule(abortAtMs / 2, () => {
          for (const one of faults) world.apiServer.inject(one);
          world.put("shop", "a");
        });
        for (const one of faults.slice(1)) world.apiServer.inject(one);
        world.start();
        await world.pass(abortAtMs);
        const { nowMs } = world.simulator;
        const asked = world.asked.length;
        world.abort();
        await world.until(() => world.ended);
        assert.equal(world.simulator.nowMs, nowMs, "it waited for something");
        assert.equal(world.apiServer.openWatches, 0);
        assert.equal(world.asked.length, asked);
        assert.equal(world.source.status().connected, false);
      }),
      { numRuns: 100 },
    );
  });

  test("nothing is read that began aborted", async () => {
    await using world = new SourceWorld();
    world.abort();
    world.start();
    await world.until(() => world.ended);
    assert.deepEqual(world.asked, []);
  });
});

suite("what is asked of it meanwhile", () => {
  test("bytes of lists and watches, and whether a watch is open", async () => {
    await using world = new SourceWorld({ pageSize: 10 });
    for (let index = 0; index < 25; index += 1) world.put("shop", `e-${index}`);
    world.start();
    await world.watching();
    const listed = world.source.status().bytesRead;
    assert.ok(listed > 25 * 100, String(listed));
    world.put("shop", "a", "x".repeat(1000));
    await world.until(() => world.states().length === 26);
    assert.ok(world.source.status().bytesRead > listed + 1000);
    world.apiServer.inject({ kind: "refuse", count: 100, code: "refused" });
    world.apiServer.inject({ kind: "end_watches" });
    await world.until(() => !world.source.status().connected);
  });

  test("a sign of life with each page of a large namespace", async () => {
    await using world = new SourceWorld({ pageSize: 10 });
    for (let index = 0; index < 300; index += 1) world.put("shop", `e-${index}`);
    world.hold();
    world.start();
    await world.until(() => world.items.length > 0);
    assert.ok(world.beats >= 30, String(world.beats));
  });
});
