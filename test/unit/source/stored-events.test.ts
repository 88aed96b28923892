import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { EventsApi } from "../../../src/kubernetes/events-api.ts";
import type { SourceItem } from "../../../src/model/source-item.ts";
import {
  listingOf,
  StoredEvents,
  type ListResult,
  type StoredEventsOptions,
} from "../../../src/source/stored-events.ts";
import { answer } from "../kubernetes/fake-cluster.ts";
import { ApiWorld, stateOf } from "./source-world.ts";

const options: StoredEventsOptions = {
  after: "0",
  pageSize: 10,
  heldBytesMax: 1024 * 1024,
  known: "skipped",
  judge: () => undefined,
  origin: "stored",
};

const never = new AbortController().signal;

interface Given {
  readonly arrays: readonly (readonly SourceItem[])[];
  readonly result: ListResult;
}

async function passOf(events: StoredEvents, signal: AbortSignal = never): Promise<Given> {
  const arrays: (readonly SourceItem[])[] = [];
  const pass = events.pass(signal);
  for (;;) {
    const next = await pass.next();
    if (next.done === true) return { arrays, result: next.value };
    arrays.push(next.value);
  }
}

function statesOf({ arrays }: Given): string[] {
  return arrays.flat().map((item) => (item.kind === "event" ? stateOf(item) : item.kind));
}

function namespaceOf(state: string): string {
  return state.slice(0, state.indexOf("/"));
}

function versionOf(state: string): number {
  return Number(state.slice(state.indexOf("@") + 1));
}

/** The same within each namespace, oldest first, namespaces in the order of their names. */
function oldestFirst(states: readonly string[]): string[] {
  return states.toSorted((a, b) => {
    if (namespaceOf(a) === namespaceOf(b)) return versionOf(a) - versionOf(b);
    return namespaceOf(a) < namespaceOf(b) ? -1 : 1;
  });
}

/** What happens just before a request to the API server. */
type Trouble = "none" | "put_new" | "put_old" | "delete" | "compact" | "reset" | "busy" | "forbidden";

function troubled(world: ApiWorld, troubles: readonly Trouble[]): EventsApi {
  let request = 0;
  return {
    watch: (watchOptions, signal) => world.api.watch(watchOptions, signal),
    list(listOptions, signal) {
      const trouble = troubles[request] ?? "none";
      request += 1;
      switch (trouble) {
        case "put_new":
          world.put(`n${request % 3}`, `new-${request}`);
          break;
        case "put_old":
          world.put(`n${request % 3}`, `e-${request % 5}`);
          break;
        case "delete":
          world.log.delete("n1", `e-${request % 5}`);
          break;
        case "compact":
          world.log.skip(1);
          world.log.compact(world.log.current);
          break;
        case "reset":
          world.apiServer.inject({ kind: "refuse", count: 1, code: "reset" });
          break;
        case "busy":
          world.apiServer.inject({ kind: "answer", count: 1, status: 429 });
          break;
        case "forbidden":
          world.apiServer.inject({ kind: "answer", count: 1, status: 403 });
          break;
        case "none":
          break;
      }
      return world.api.list(listOptions, signal);
    },
  };
}

suite("what a list is to give", () => {
  test("follows from its cause", () => {
    assert.deepEqual(listingOf("start", undefined), { after: "0", known: "skipped", origin: "stored" });
    assert.deepEqual(listingOf("gap", "9"), { after: "9", known: "skipped", origin: "recovered" });
    assert.deepEqual(listingOf("takeover", "9"), { after: "9", known: "warmed", origin: "recovered" });
    const everything = { after: "0", known: "skipped", origin: "restored" };
    assert.deepEqual(listingOf("history_replaced", "9"), everything);
  });
});

suite("stored Events", () => {
  test("come oldest first within each namespace, whatever the names are", async () => {
    const world = new ApiWorld();
    for (const name of ["z", "b", "y", "a"]) {
      world.put("shop", name);
      world.put("blog", name);
    }
    world.put("shop", "z");
    const given = await passOf(new StoredEvents(world.api, { ...options, pageSize: 3 }));
    assert.deepEqual(statesOf(given), oldestFirst(world.stored()));
    assert.deepEqual(given.result, { kind: "listed", resourceVersion: "109", events: 8 });
  });

  test("nothing is missing and nothing comes twice, however little memory there is to sort in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.nat(40), fc.nat(300)), { maxLength: 80 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4000 }),
        async (puts, pageSize, heldBytesMax) => {
          const world = new ApiWorld();
          for (const [namespace, name, noteLength] of puts) {
            world.put(`n${namespace}`, `e-${name}`, "x".repeat(noteLength));
          }
          const given = await passOf(new StoredEvents(world.api, { ...options, pageSize, heldBytesMax }));
          assert.equal(given.result.kind, "listed");
          assert.deepEqual(statesOf(given), oldestFirst(world.stored()));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("an Event that expires while its large namespace is read again is not missing", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 30; index += 1) world.put("n0", `e-${index}`);
    const stored = world.stored();
    let requests = 0;
    const api: EventsApi = {
      watch: (watchOptions, signal) => world.api.watch(watchOptions, signal),
      list(listOptions, signal) {
        requests += 1;
        // The list itself takes three.
        if (requests === 4) for (let index = 20; index < 30; index += 1) world.log.delete("n0", `e-${index}`);
        return world.api.list(listOptions, signal);
      },
    };
    const given = await passOf(new StoredEvents(api, { ...options, heldBytesMax: 4096 }));
    assert.equal(given.result.kind, "listed");
    assert.deepEqual(statesOf(given), oldestFirst(stored));
  });

  test("failures, lost page tokens and changes in the middle leave nothing out and repeat nothing", async () => {
    const trouble = fc.constantFrom<Trouble>(
      "none",
      "put_new",
      "put_old",
      "delete",
      "compact",
      "reset",
      "busy",
      "forbidden",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { maxLength: 25 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1, 700, 1024 * 1024),
        async (troubles, count, pageSize, heldBytesMax) => {
          const world = new ApiWorld();
          for (let index = 0; index < count; index += 1) {
            world.put(`n${index % 3}`, index % 2 === 0 ? `e-${index % 5}` : `f-${100 - index}`);
          }
          const events = new StoredEvents(troubled(world, troubles), { ...options, pageSize, heldBytesMax });
          const states: string[] = [];
          // Each pass that fails used up a trouble at least.
          for (let pass = 0; ; pass += 1) {
            assert.ok(pass <= troubles.length, "never comes to its end");
            const given = await passOf(events);
            states.push(...statesOf(given));
            if (given.result.kind === "failed") continue;
            assert.ok(given.result.kind === "listed");
            const snapshot = Number(given.result.resourceVersion);

            assert.equal(new Set(states).size, states.length, "twice");
            assert.equal(given.result.events, states.length);
            assert.ok(
              states.every((state) => versionOf(state) <= snapshot),
              "newer than the list: the watch's",
            );
            const missing = world
              .stored()
              .filter((state) => versionOf(state) <= snapshot && !states.includes(state));
            assert.deepEqual(missing, []);
            for (const namespace of ["n0/", "n1/", "n2/"]) {
              const own = states.filter((state) => state.startsWith(namespace));
              assert.deepEqual(own, oldestFirst(own), "out of order");
            }
            return;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("after a position only what is newer comes", async () => {
    const world = new ApiWorld();
    world.put("shop", "old");
    const after = String(world.put("shop", "seen"));
    world.put("shop", "missed");
    world.put("shop", "old");
    const given = await passOf(new StoredEvents(world.api, { ...options, after, origin: "recovered" }));
    assert.deepEqual(statesOf(given), ["shop/missed@103", "shop/old@104"]);
    assert.ok(given.arrays.flat().every((item) => item.kind === "event" && item.origin === "recovered"));
  });

  test("what lies at or below the position is given first, as `warmed`, where that is asked for", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 25; index += 1) world.put(`n${index % 3}`, `e-${index}`);
    const after = String(world.log.current);
    const known = world.stored();
    world.put("n1", "missed");
    world.put("n0", "e-0");
    // So little memory that each namespace is read again and again: the known ones come once all the same.
    const tight = { ...options, after, known: "warmed", origin: "recovered", heldBytesMax: 1 } as const;
    const given = await passOf(new StoredEvents(world.api, tight));
    const items = given.arrays.flat();
    const warmed = items.flatMap((item) =>
      item.kind === "event" && item.origin === "warmed" ? [stateOf(item)] : [],
    );
    assert.deepEqual(warmed.toSorted(), known.filter((state) => state !== "n0/e-0@101").toSorted());
    const recovered = items.flatMap((item) =>
      item.kind === "event" && item.origin === "recovered" ? [stateOf(item)] : [],
    );
    assert.deepEqual(recovered, ["n0/e-0@127", "n1/missed@126"]);
    assert.deepEqual(given.result, { kind: "listed", resourceVersion: "127", events: 2 });
  });

  test("a list that begins anew gives the known again, and of the others nothing twice", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 25; index += 1) world.put(`n${index % 5}`, `e-${index}`);
    const after = String(world.log.current);
    for (let index = 0; index < 25; index += 1) world.put(`n${index % 5}`, `f-${index}`);
    const api = troubled(world, ["none", "none", "none", "compact"]);
    const events = new StoredEvents(api, { ...options, after, known: "warmed", origin: "recovered" });
    const first = await passOf(events);
    assert.ok(first.result.kind === "failed");
    const second = await passOf(events);
    const states = [...statesOf(first), ...statesOf(second)];
    assert.deepEqual(new Set(states), new Set(world.stored()));
    const recovered = states.filter((state) => versionOf(state) > Number(after));
    assert.equal(recovered.length, 25);
    assert.deepEqual(second.result, { kind: "listed", resourceVersion: "151", events: 25 });
  });

  test("a known Event that cannot be of our history ends it", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 15; index += 1) world.put("shop", `e-${10 + index}`);
    const after = String(world.log.current);
    world.put("shop", "e-99");
    const judged: string[] = [];
    const events = new StoredEvents(world.api, {
      ...options,
      after,
      judge({ metadata }) {
        judged.push(metadata.name);
        return metadata.name === "e-22" ? "impossible" : undefined;
      },
    });
    const given = await passOf(events);
    assert.deepEqual(given.result, { kind: "rewritten", resourceVersion: "116", detail: "impossible" });
    assert.ok(!judged.includes("e-99"));
  });

  test("a list that begins anew in a cluster gone back in time has another history", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 25; index += 1) world.put(`n${index % 5}`, `e-${index}`);
    let pages = 0;
    world.instead = () => {
      pages += 1;
      if (pages !== 2) return undefined;
      world.log.restore(110);
      return answer(410);
    };
    const events = new StoredEvents(world.api, options);
    assert.equal((await passOf(events)).result.kind, "failed");
    const { result } = await passOf(events);
    assert.deepEqual(result, { kind: "rewound", position: "125", resourceVersion: "110" });
  });

  test("a cluster whose newest resourceVersion lies before the position has another history", async () => {
    const world = new ApiWorld();
    world.put("shop", "a");
    const given = await passOf(new StoredEvents(world.api, { ...options, after: "5000" }));
    assert.deepEqual(given, {
      arrays: [],
      result: { kind: "rewound", position: "5000", resourceVersion: "101" },
    });
  });

  test("an item that is no Event is given as malformed, and the others go on", async () => {
    const body = Buffer.from(
      JSON.stringify({
        metadata: { resourceVersion: "9" },
        items: [
          { metadata: { namespace: "shop", name: "a", uid: "u1", resourceVersion: "5" } },
          { metadata: { namespace: "shop", name: 7 } },
          { metadata: { namespace: "shop", name: "c", uid: "u3", resourceVersion: "4" } },
        ],
      }),
    );
    const api: EventsApi = {
      list: () => Promise.resolve({ kind: "ok", headers: {}, body }),
      watch: () => Promise.reject(new Error("not asked for")),
    };
    const given = await passOf(new StoredEvents(api, options));
    assert.deepEqual(statesOf(given).toSorted(), ["malformed", "shop/a@5", "shop/c@4"]);
    assert.deepEqual(given.result, { kind: "listed", resourceVersion: "9", events: 2 });
  });

  test("an answer that is no list is a failure, and the next pass goes on", async () => {
    const world = new ApiWorld();
    world.put("shop", "a");
    const answers = [Buffer.from("<html>"), Buffer.from('{"items":[]}')];
    const api: EventsApi = {
      watch: (watchOptions, signal) => world.api.watch(watchOptions, signal),
      list(listOptions, signal) {
        const body = answers.shift();
        if (body === undefined) return world.api.list(listOptions, signal);
        return Promise.resolve({ kind: "ok", headers: {}, body });
      },
    };
    const events = new StoredEvents(api, options);
    for (const fault of [/no JSON object/, /no resourceVersion/]) {
      const { result } = await passOf(events);
      assert.ok(result.kind === "failed" && result.failure.kind === "malformed");
      assert.match(result.failure.fault, fault);
    }
    assert.deepEqual(statesOf(await passOf(events)), ["shop/a@101"]);
  });

  test("an abort ends it between two arrays: whoever stops wants no more of them", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 1200; index += 1) world.put("shop", `e-${index}`);
    const stop = new AbortController();
    const pass = new StoredEvents(world.api, { ...options, pageSize: 500 }).pass(stop.signal);
    const first = await pass.next();
    assert.ok(first.done !== true && first.value.length <= 500, "no array is larger than a consumer's turn");
    stop.abort();
    const { done, value } = await pass.next();
    assert.equal(done, true);
    assert.ok("kind" in value && value.kind === "failed");
  });

  test("each page is told, with its size, before anything of a large namespace is given", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 30; index += 1) world.put("shop", `e-${index}`);
    const pages: number[] = [];
    const events = new StoredEvents(world.api, options, (bytes) => pages.push(bytes));
    await events.pass(never).next();
    assert.equal(pages.length, 3);
    assert.ok(pages.every((bytes) => bytes > 1000));
  });
});
