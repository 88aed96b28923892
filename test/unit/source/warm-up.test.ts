import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { SourceItem } from "../../../src/model/source-item.ts";
import { WarmUp, type WarmUpOptions, type WarmUpResult } from "../../../src/source/warm-up.ts";
import { answer } from "../kubernetes/fake-cluster.ts";
import { ApiWorld, stateOf } from "./source-world.ts";

const never = new AbortController().signal;

interface Given {
  readonly arrays: readonly (readonly SourceItem[])[];
  readonly result: WarmUpResult;
}

function warmUpOf(world: ApiWorld, options: Partial<WarmUpOptions> = {}): WarmUp {
  const resourceVersion = String(world.log.current);
  return new WarmUp(
    world.api,
    { resourceVersion, pageSize: 10, judge: () => undefined, ...options },
    () => {},
  );
}

async function passOf(events: WarmUp): Promise<Given> {
  const arrays: (readonly SourceItem[])[] = [];
  const pass = events.pass(never);
  for (;;) {
    const next = await pass.next();
    if (next.done === true) return { arrays, result: next.value };
    arrays.push(next.value);
  }
}

function statesOf({ arrays }: Given): readonly string[] {
  return arrays.flat().map((item) => (item.kind === "event" ? `${item.origin} ${stateOf(item)}` : item.kind));
}

/** The states as they are now, as an exact list is to give them. */
function warmed(world: ApiWorld): readonly string[] {
  return ["takeover", ...world.stored().map((state) => `warmed ${state}`)];
}

const refuseE25: WarmUpOptions["judge"] = ({ metadata }) => {
  return metadata.name === "e-25" ? "impossible" : undefined;
};

suite("a warm-up", () => {
  test("gives the state at the position, whatever has become of it since, in pages of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.nat(20)), { maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(20), fc.boolean()), { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (before, after, pageSize) => {
          const world = new ApiWorld();
          for (const [namespace, name] of before) world.put(`n${namespace}`, `e-${name}`);
          const expected = warmed(world);
          const events = warmUpOf(world, { pageSize });
          for (const [namespace, name, isDeleted] of after) {
            if (isDeleted) world.log.delete(`n${namespace}`, `e-${name}`);
            else world.put(`n${namespace}`, `e-${name}`);
          }
          const given = await passOf(events);
          assert.deepEqual(statesOf(given), expected);
          assert.deepEqual(given.result, { kind: "warmed", events: expected.length - 1 });
          assert.deepEqual(given.arrays[0], [{ kind: "takeover", exact: true }]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("goes on after each failure where it was", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 35; index += 1) world.put("shop", `e-${index}`);
    const expected = warmed(world);
    const events = warmUpOf(world);
    let request = 0;
    world.instead = () => {
      request += 1;
      if (request % 2 === 0) return undefined;
      return request % 4 === 1 ? answer(503) : answer(200, "<html>");
    };
    const states: string[] = [];
    const failures: string[] = [];
    for (;;) {
      const given = await passOf(events);
      states.push(...statesOf(given));
      if (given.result.kind === "warmed") break;
      assert.ok(given.result.kind === "failed");
      failures.push(given.result.failure.kind);
    }
    assert.deepEqual(states, expected);
    assert.deepEqual(failures, ["status", "malformed", "status", "malformed"]);
  });

  test("says so where the position is compacted away: at its start, or in the middle", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 35; index += 1) world.put("shop", `e-${index}`);
    const events = warmUpOf(world);
    let pages = 0;
    world.instead = () => {
      pages += 1;
      if (pages !== 3) return undefined;
      world.log.skip(10);
      world.log.compact(world.log.current);
      return undefined;
    };
    const half = await passOf(events);
    assert.deepEqual(half.result, { kind: "compacted" });
    assert.equal(statesOf(half).length, 1 + 20);
    const none = await passOf(warmUpOf(world, { resourceVersion: "101" }));
    assert.deepEqual(none, { arrays: [], result: { kind: "compacted" } });
  });

  test("takes no other state for the one it asked for", async () => {
    const world = new ApiWorld();
    world.put("shop", "a");
    const resourceVersion = String(world.log.current);
    world.put("shop", "unknown to the leader before");
    const body = JSON.stringify({ metadata: { resourceVersion: "102" }, items: [] });
    world.instead = () => answer(200, body);
    const given = await passOf(warmUpOf(world, { resourceVersion }));
    assert.deepEqual(given, { arrays: [], result: { kind: "compacted" } });
  });

  test("ends with the first Event that cannot be of our history", async () => {
    const world = new ApiWorld();
    for (let index = 0; index < 25; index += 1) world.put("shop", `e-${10 + index}`);
    const given = await passOf(warmUpOf(world, { judge: refuseE25 }));
    assert.deepEqual(given.result, { kind: "rewritten", detail: "impossible" });
    assert.equal(statesOf(given).length, 1 + 10);
  });

  test("gives what is no Event as malformed, and arrays that a consumer's turn can bear", async () => {
    const items: unknown[] = Array.from({ length: 1200 }, (_, index) => ({
      metadata: { namespace: "shop", name: `e-${index}`, uid: "u", resourceVersion: "5" },
    }));
    items[700] = { metadata: { namespace: "shop" } };
    const world = new ApiWorld();
    world.instead = () => answer(200, JSON.stringify({ metadata: { resourceVersion: "100" }, items }));
    const given = await passOf(warmUpOf(world));
    assert.ok(given.arrays.every(({ length }) => length > 0 && length <= 500));
    assert.equal(given.arrays.flat()[701]?.kind, "malformed");
    assert.deepEqual(given.result, { kind: "warmed", events: 1199 });
  });
});
