import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
  type CheckpointReading,
} from "../../../src/leader/checkpoint.ts";

const cluster = "5d0ec3a5-6a3c-4f0a-9d2e-3b1f0a4f9d11";

const checkpoint: Checkpoint = {
  cluster,
  acknowledged: { "*": "900" },
  read: { "*": "1000" },
  timeMs: Date.UTC(2026, 10, 25, 21, 30),
  epoch: 0,
  writtenMs: Date.UTC(2026, 10, 25, 21, 29),
  presentMs: Date.UTC(2026, 10, 25, 20, 0),
};

const fields = {
  v: 1,
  cluster,
  acknowledged: { "*": "900" },
  read: { "*": "1000" },
  time: "2026-11-25T21:30:00.000Z",
  epoch: 0,
  written: "2026-11-25T21:29:00.000Z",
  present: "2026-11-25T20:00:00.000Z",
};

function decode(changed: Readonly<Record<string, unknown>>): CheckpointReading {
  return decodeCheckpoint(JSON.stringify({ ...fields, ...changed }), cluster);
}

function whyBroken(reading: CheckpointReading): string {
  assert.equal(reading.kind, "broken");
  return reading.kind === "broken" ? reading.why : "";
}

const timeMs = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
const resourceVersion = fc.bigInt({ min: 0n, max: 2n ** 126n });

const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc
  .record({
    cluster: fc.string({ unit: "binary", maxLength: 64 }),
    scopes: fc.uniqueArray(
      fc.record({
        name: fc.oneof(fc.constantFrom("*", "__proto__", "constructor", "7"), fc.string({ maxLength: 63 })),
        acknowledged: fc.option(resourceVersion),
        ahead: resourceVersion,
      }),
      { maxLength: 20, selector: ({ name }) => name },
    ),
    timeMs,
    epoch: fc.maxSafeNat(),
    writtenMs: timeMs,
    presentMs: timeMs,
  })
  .map(({ scopes: some, ...rest }) => {
    const acknowledged = some.flatMap(({ name, acknowledged: settled }) =>
      settled === null ? [] : [[name, `${settled}`] as const],
    );
    const read = some.map(
      ({ name, acknowledged: settled, ahead }) => [name, `${(settled ?? 0n) + ahead}`] as const,
    );
    return Object.assign(rest, {
      acknowledged: Object.fromEntries(acknowledged),
      read: Object.fromEntries(read),
    });
  });

suite("checkpoint", () => {
  test("is one short line that a person can read", () => {
    assert.equal(encodeCheckpoint(checkpoint), JSON.stringify(fields));
  });

  test("the next leader reads what this one wrote", () => {
    fc.assert(
      fc.property(anyCheckpoint, (written) => {
        assert.deepEqual(decodeCheckpoint(encodeCheckpoint(written), written.cluster), {
          kind: "found",
          checkpoint: written,
        });
      }),
    );
  });

  test("the order in which scopes began does not change the text", () => {
    const read = { a: "1", b: "2", "*": "3" };
    const turned = { "*": "3", b: "2", a: "1" };
    assert.equal(
      encodeCheckpoint({ ...checkpoint, acknowledged: {}, read }),
      encodeCheckpoint({ ...checkpoint, acknowledged: {}, read: turned }),
    );
  });

  test("refuses to write what could not be read again", () => {
    const many = Object.fromEntries(
      Array.from({ length: 900 }, (_, at) => [`namespace-${at}`, "1234567890"]),
    );
    const wrong: readonly Partial<Checkpoint>[] = [
      { read: { "*": "899" } },
      { read: {} },
      { acknowledged: { "*": "" } },
      { epoch: -1 },
      { epoch: 0.5 },
      { timeMs: Number.NaN },
      { timeMs: Date.UTC(10_000, 0) },
      { acknowledged: many, read: many },
    ];
    for (const one of wrong) {
      assert.throws(() => encodeCheckpoint({ ...checkpoint, ...one }), RangeError, JSON.stringify(one));
    }
  });

  test("no annotation is no fault", () => {
    assert.deepEqual(decodeCheckpoint(undefined, cluster), { kind: "absent" });
  });

  test("after a rollback, what a newer tidings wrote is not guessed at", () => {
    assert.deepEqual(decode({ v: 2, cluster: 5, acknowledged: "elsewhere" }), { kind: "newer", version: 2 });
    assert.deepEqual(decode({ v: 0 }), { kind: "older", version: 0 });
  });

  test("the position in another cluster is none in this one", () => {
    assert.deepEqual(decode({ cluster: "other", read: 1 }), { kind: "other_cluster", cluster: "other" });
    const long = decode({ cluster: "x".repeat(5000) });
    assert.ok(long.kind === "other_cluster" && long.cluster.length === 100);
  });

  test("a cluster that could not be known, then or now, is no other one", () => {
    const unknown = { ...checkpoint, cluster: "" };
    assert.deepEqual(decodeCheckpoint(encodeCheckpoint(checkpoint), ""), { kind: "found", checkpoint });
    assert.deepEqual(decodeCheckpoint(encodeCheckpoint(unknown), cluster), {
      kind: "found",
      checkpoint: unknown,
    });
  });

  test("a leader that saw no Event, or a text from before there was such a field, knows no time of writing", () => {
    const unseen = { ...checkpoint, writtenMs: 0 };
    assert.deepEqual(decode({ written: undefined }), { kind: "found", checkpoint: unseen });
    for (const writtenMs of [0, -1, Date.UTC(10_000, 0), Number.NaN, Number.POSITIVE_INFINITY]) {
      const text = encodeCheckpoint({ ...checkpoint, writtenMs });
      assert.deepEqual(decodeCheckpoint(text, cluster), { kind: "found", checkpoint: unseen });
    }
  });

  test("a field that a later tidings added does no harm", () => {
    assert.deepEqual(decode({ shards: [1, { two: 2 }] }), { kind: "found", checkpoint });
  });

  test("says what is wrong", () => {
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
      [{ v: "1" }, /^v is no integer: "1"$/],
      [{ v: undefined }, /^v is no integer: it is missing$/],
      [{ cluster: null }, /^cluster is no text: null$/],
      [{ acknowledged: [] }, /^acknowledged is no object$/],
      [{ read: { "*": 1000 } }, /^read has no resourceVersion for the scope "\*": 1000$/],
      [{ read: { "*": "0x10" } }, /^read has no resourceVersion for the scope "\*": "0x10"$/],
      [{ read: { "*": "899" } }, /^more is acknowledged than read of the scope "\*"$/],
      [{ read: {} }, /^more is acknowledged than read of the scope "\*"$/],
      [{ acknowledged: { constructor: "1" } }, /^more is acknowledged than read of the scope "constructor"$/],
      [{ time: "yesterday" }, /^time is no time .*: "yesterday"$/],
      [{ time: "2026-02-30T00:00:00.000Z" }, /^time is no time /],
      [{ time: 5 }, /^time is no time .*: 5$/],
      [{ written: "lately" }, /^written is no time .*: "lately"$/],
      [{ present: "now" }, /^present is no time .*: "now"$/],
      [{ written: null }, /^written is no time .*: null$/],
      [{ epoch: -1 }, /^epoch is no integer from 0: -1$/],
      [{ epoch: 1.5 }, /^epoch is no integer from 0: 1.5$/],
    ];
    for (const [changed, why] of cases) assert.match(whyBroken(decode(changed)), why);
    assert.equal(whyBroken(decodeCheckpoint("", cluster)), 'it is no JSON: ""');
    assert.equal(whyBroken(decodeCheckpoint("a\nb", cluster)), 'it is no JSON: "a\\nb"');
    assert.equal(whyBroken(decodeCheckpoint("[1]", cluster)), 'it is no JSON object: "[1]"');
  });

  test("reads no more than it must, and quotes little of it", () => {
    assert.equal(decode({ more: "x".repeat(16_000) }).kind, "found");
    assert.match(whyBroken(decode({ more: "x".repeat(16_384) })), /more than 16384$/);
    assert.ok(whyBroken(decode({ v: "\u{1F4A3}".repeat(4000) })).length < 200);
    assert.ok(whyBroken(decode({ read: { ["s".repeat(9000)]: "r".repeat(5000) } })).length < 400);
  });

  test("no text whatever ends the process", () => {
    const known = new Set<CheckpointReading["kind"]>(["found", "broken", "newer", "older", "other_cluster"]);
    const holds = (text: string): void => {
      const reading = decodeCheckpoint(text, cluster);
      assert.ok(known.has(reading.kind));
      if (reading.kind === "broken") assert.doesNotMatch(reading.why, /\n/);
    };
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(fields)));
    const almost = fc.record(
      {
        v: fc.constantFrom<unknown>(1, 1, 1, 2, -1, null),
        cluster: fc.oneof(fc.constant(cluster), anything),
        acknowledged: anything,
        read: anything,
        time: anything,
        epoch: anything,
        written: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), holds));
    fc.assert(fc.property(fc.json(), holds));
    fc.assert(fc.property(almost, (value) => holds(JSON.stringify(value))));
    const deep = "[".repeat(8000) + "]".repeat(8000);
    for (const field of Object.keys(fields)) {
      holds(JSON.stringify(fields).replace("{", `{"${field}":${deep},`));
      holds(`{"v":1,"cluster":"${cluster}","${field}":${deep}}`);
    }
  });
});
