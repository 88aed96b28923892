import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { gapAttributes } from "../../../src/model/gap-attributes.ts";
import { gapRecord, type Gap } from "../../../src/processor/gap-record.ts";

const hourMs = 3_600_000;
const gap: Gap = {
  cause: "gap",
  from: "81723",
  to: "97001",
  fromMs: Date.parse("2026-11-25T09:30:00.250Z"),
  toMs: Date.parse("2026-11-25T09:41:12.500Z"),
  recovered: 42,
  eventTtlMs: hourMs,
  cluster: "c5a1",
  epoch: 0,
};

function attributesOf(fields: Partial<Gap>): Record<string, unknown> {
  return Object.fromEntries(
    gapRecord({ ...gap, ...fields }).attributes.map(({ name, value }) => [name, value]),
  );
}

const cases: readonly {
  readonly name: string;
  readonly fields: Partial<Gap>;
  readonly severity: number;
  readonly missing: string;
  readonly body: string;
}[] = [
  {
    name: "a watch that could not be resumed",
    fields: {},
    severity: 9,
    missing: "intermediate_states",
    body:
      "The watch of Events could not be resumed, so what happened from 2026-11-25T09:30:00Z to 2026-11-25T09:41:12Z was not watched; " +
      "a list then recovered 42 Events, new or changed. " +
      "Missing may be states in between of Events that changed more than once, whose counts are still right, and Events deleted by hand.",
  },
  {
    name: "one recovered",
    fields: { recovered: 1 },
    severity: 9,
    missing: "intermediate_states",
    body:
      "The watch of Events could not be resumed, so what happened from 2026-11-25T09:30:00Z to 2026-11-25T09:41:12Z was not watched; " +
      "a list then recovered 1 Event, new or changed. " +
      "Missing may be states in between of Events that changed more than once, whose counts are still right, and Events deleted by hand.",
  },
  {
    name: "a takeover, longer than the cluster keeps Events",
    fields: { cause: "takeover", toMs: gap.fromMs + 3 * hourMs, recovered: 0 },
    severity: 13,
    missing: "expired_events",
    body:
      "A new leader could not go on from where the one before it was, so what happened from 2026-11-25T09:30:00Z to 2026-11-25T12:30:00Z was not watched; " +
      "a list then found nothing new or changed. " +
      "Lost are the Events last changed before 2026-11-25T11:30:00Z, which have expired meanwhile.",
  },
  {
    name: "as long as the cluster keeps Events, nothing has expired unseen",
    fields: { toMs: gap.fromMs + hourMs },
    severity: 9,
    missing: "intermediate_states",
    body:
      "The watch of Events could not be resumed, so what happened from 2026-11-25T09:30:00Z to 2026-11-25T10:30:00Z was not watched; " +
      "a list then recovered 42 Events, new or changed. " +
      "Missing may be states in between of Events that changed more than once, whose counts are still right, and Events deleted by hand.",
  },
  {
    name: "another history",
    fields: { cause: "history_replaced", to: "70000", epoch: 1 },
    severity: 13,
    missing: "erased_by_restore",
    body:
      "The cluster's history was replaced between 2026-11-25T09:30:00Z and 2026-11-25T09:41:12Z, as by a restore of etcd; " +
      "what it holds now (42 Events) is exported again, in epoch 1, so an Event may be there twice, by design. " +
      "Missing is what the restore erased before it was read.",
  },
];

suite("the record of a gap", () => {
  for (const { name, fields, severity, missing, body } of cases) {
    test(`says to a person what happened: ${name}`, () => {
      const record = gapRecord({ ...gap, ...fields });
      assert.equal(record.body, body);
      assert.equal(record.severityNumber, severity);
      assert.equal(attributesOf(fields)["tidings.gap.missing"], missing);
    });
  }

  test("and to a machine, in the attributes of the table", () => {
    const { "log.record.uid": uid, ...attributes } = attributesOf({});
    assert.match(String(uid), /^[0-9a-f]{32}$/);
    assert.deepEqual(attributes, {
      "event.name": "tidings.gap",
      "tidings.gap.cause": "gap",
      "tidings.gap.from": "81723",
      "tidings.gap.to": "97001",
      "tidings.gap.start_time": "2026-11-25T09:30:00.250Z",
      "tidings.gap.end_time": "2026-11-25T09:41:12.500Z",
      "tidings.gap.recovered": 42,
      "tidings.gap.missing": "intermediate_states",
    });
    assert.deepEqual(
      gapRecord(gap).attributes.map(({ name }) => name),
      gapAttributes.map(({ name }) => name),
    );
  });

  test("nothing recovered is a number, and no position is no attribute", () => {
    assert.equal(attributesOf({ recovered: 0 })["tidings.gap.recovered"], 0);
    assert.ok(!("tidings.gap.from" in attributesOf({ from: "" })));
  });

  test("its time is when the gap was closed", () => {
    const { timeUnixNano, observedTimeUnixNano } = gapRecord(gap);
    assert.equal(timeUnixNano, BigInt(gap.toMs) * 1_000_000n);
    assert.equal(observedTimeUnixNano, timeUnixNano);
  });

  test("the same gap has the same uid, whoever tells it and when; another one has another", () => {
    const uidOf = (fields: Partial<Gap>): string => gapRecord({ ...gap, ...fields }).recordUid;
    assert.equal(uidOf({ fromMs: gap.fromMs - 10, toMs: gap.toMs + 10, recovered: 43 }), uidOf({}));
    const others: readonly Partial<Gap>[] = [
      { cluster: "d6b2" },
      { epoch: 1 },
      { from: "81724" },
      { to: "97002" },
      { from: "8172", to: "397001" },
    ];
    assert.equal(new Set([uidOf({}), ...others.map(uidOf)]).size, others.length + 1);
    assert.equal(attributesOf({})["log.record.uid"], uidOf({}));
  });
});
