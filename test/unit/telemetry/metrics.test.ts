import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import type { DeliveryLedger, IntakeLedger, LeaderLedger, Ledgers } from "../../../src/model/ledger.ts";
import { metricTable, prometheusName } from "../../../src/telemetry/metric-table.ts";
import { Metrics, metricsDefaults } from "../../../src/telemetry/metrics.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Writable<T[K]> };

/** Ledgers that keep both identities with every step, as the intake and the delivery do. */
class Books implements Ledgers {
  readonly #intake: Writable<IntakeLedger> = {
    received: 0,
    filtered: 0,
    malformed: 0,
    warmed: 0,
    accepted: 0,
    produced: 0,
    removed: 0,
    bookmarks: 0,
    bytes: 0,
    lagMs: 0,
  };
  readonly #delivery: Writable<DeliveryLedger> = {
    accepted: 0,
    delivered: 0,
    rejected: { invalid: 0, too_large: 0, partial_success: 0, server_error: 0 },
    dropped: { stopped: 0 },
    queued: 0,
    queuedBytes: 0,
    oldestAgeMs: 0,
    sends: { delivered: 0, retryable: 0, server_error: 0, held: 0, divide: 0, aborted: 0 },
  };
  readonly connected = (): boolean => true;
  readonly leader = (): LeaderLedger => ({
    isLeader: true,
    transitions: 3,
    checkpointAgeMs: 1500,
    unsettled: 7,
  });
  readonly intake = (): IntakeLedger => ({ ...this.#intake });
  readonly delivery = (): DeliveryLedger => structuredClone(this.#delivery);

  step(kind: Step, n: number): void {
    const settled = Math.min(n, this.#delivery.queued);
    switch (kind) {
      case "filter":
        this.#intake.received += n;
        this.#intake.filtered += n;
        break;
      case "malformed":
        this.#intake.received += n;
        this.#intake.malformed += n;
        break;
      case "accept":
        this.#intake.received += n;
        this.#intake.accepted += n;
        this.#delivery.accepted += n;
        this.#delivery.queued += n;
        break;
      case "deliver":
        this.#delivery.queued -= settled;
        this.#delivery.delivered += settled;
        break;
      case "reject":
        this.#delivery.queued -= settled;
        this.#delivery.rejected.invalid += settled;
        break;
      case "drop":
        this.#delivery.queued -= settled;
        this.#delivery.dropped.stopped += settled;
        break;
    }
  }
}

const steps = ["filter", "malformed", "accept", "deliver", "reject", "drop"] as const;
type Step = (typeof steps)[number];

function setUp(ledgers: Ledgers = new Books()): Metrics {
  const options = { ...metricsDefaults, version: "1.2.3", processMetrics: false };
  return new Metrics(options, ledgers, { monotonicMs: () => 0 }, () => {});
}

/** The sum of a family's samples. */
function sum(text: string, name: string): number {
  const samples = text
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  assert.ok(samples.length > 0, `${name} is missing`);
  return samples.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
}

function assertIdentities(text: string): void {
  const intake = (word: string): number => sum(text, `tidings_intake_${word}_total`);
  const records = (word: string): number => sum(text, `tidings_records_${word}_total`);
  assert.equal(intake("received"), intake("filtered") + intake("malformed") + intake("accepted"));
  assert.equal(
    records("accepted"),
    records("delivered") + records("rejected") + records("dropped") + sum(text, "tidings_records_queued"),
  );
  // Of one moment: what the intake gave the delivery has.
  assert.equal(intake("accepted"), records("accepted"));
}

suite("metrics", () => {
  test("every scrape holds both identities, however counting and scraping mix", async () => {
    const happening = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...steps), fc.integer({ min: 1, max: 1000 })) },
      { weight: 2, arbitrary: fc.constantFrom("application/openmetrics-text", "text/plain") },
      { weight: 2, arbitrary: fc.constantFrom(1, 2, 3) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 50 }), async (happenings) => {
        const books = new Books();
        const metrics = setUp(books);
        const scrapes: Promise<{ body: string }>[] = [];
        for (const next of happenings) {
          if (typeof next === "string") scrapes.push(metrics.render(next));
          // Promise turns in the middle of a scrape.
          else if (typeof next === "number")
            for (let turn = 0; turn < next; turn += 1) await Promise.resolve();
          else books.step(...next);
        }
        let received = 0;
        for (const { body } of await Promise.all(scrapes)) {
          assertIdentities(body);
          const now = sum(body, "tidings_intake_received_total");
          assert.ok(now >= received, "a later scrape shows an earlier moment");
          received = now;
        }
        const { body } = await metrics.render(undefined);
        assertIdentities(body);
        assert.equal(sum(body, "tidings_intake_received_total"), books.intake().received);
      }),
      { numRuns: 100 },
    );
  });

  test("every metric of the table is there, under its name, with its meaning and kind", async () => {
    const { body } = await setUp().render(undefined);
    for (const row of Object.values(metricTable)) {
      const name = prometheusName(row);
      assert.ok(body.includes(`# HELP ${name} ${row.meaning}\n# TYPE ${name} ${row.kind}\n`), name);
    }
    assert.equal(body.match(/^# TYPE/gm)?.length, Object.keys(metricTable).length);
  });

  test("occurrences count under the labels that Loki has, with our grade", async () => {
    const metrics = setUp();
    const record = {
      namespace: "shop",
      objectKind: "Pod",
      reason: "BackOff",
      severityText: "Warning",
      severityNumber: 13,
      occurrences: 5,
    } as const;
    metrics.countEvent(record);
    metrics.countEvent({ ...record, occurrences: 0 });
    metrics.countEvent({ ...record, occurrences: 2 });
    metrics.countEvent({ ...record, occurrences: 0, reason: "Untouched" });
    const { body } = await metrics.render(undefined);
    assert.deepEqual(
      body.split("\n").filter((line) => line.startsWith("tidings_events_total")),
      [
        'tidings_events_total{k8s_namespace_name="shop",k8s_object_kind="Pod",k8s_event_reason="BackOff",k8s_event_type="Warning",tidings_severity="warn"} 7',
      ],
    );
  });

  test("rare things count by kind and cause, and are there before they first happen", async () => {
    const metrics = setUp();
    metrics.countNotice({ kind: "watch_ended", cause: "expired", detail: "" });
    metrics.countNotice({ kind: "list_started", cause: "gap" });
    const { body } = await metrics.render(undefined);
    for (const line of [
      'tidings_watch_restarts_total{cause="expired"} 1',
      'tidings_watch_restarts_total{cause="network"} 0',
      'tidings_lists_total{cause="gap"} 1',
      'tidings_notices_total{kind="watch_ended"} 1',
      'tidings_notices_total{kind="records_rejected"} 0',
      'tidings_records_rejected_total{reason="too_large"} 0',
      'tidings_series_overflow_total{metric="tidings.events"} 0',
      'tidings_build_info{version="1.2.3"} 1',
      "tidings_watch_connected 1",
    ]) {
      assert.ok(body.includes(`${line}\n`), line);
    }
  });

  test("delivery: lag and sends in seconds; a clock behind the API server's gives no negative lag", async () => {
    const metrics = setUp();
    const acknowledgedAtMs = 1_000_000;
    // 1.5 s ago, 20 s ahead of us, and one of which the write time is unknown.
    const frames = [{ writeTimeMs: 998_500 }, { writeTimeMs: 1_020_000 }, { writeTimeMs: 0 }];
    metrics.delivered(frames, acknowledgedAtMs);
    metrics.sent("delivered", 250);
    metrics.sent("retryable", 50);
    const { body } = await metrics.render(undefined);
    for (const line of [
      "tidings_delivery_lag_seconds_sum 1.5",
      "tidings_delivery_lag_seconds_count 2",
      'tidings_send_duration_seconds_bucket{le="0.05"} 1',
      "tidings_send_duration_seconds_count 2",
      'tidings_sends_total{outcome="held"} 0',
    ]) {
      assert.ok(body.includes(`${line}\n`), line);
    }
  });

  test("who leads, and how far it is written down, can be seen", async () => {
    const { body } = await setUp(new Books()).render(undefined);
    for (const line of [
      "tidings_leader 1",
      "tidings_leader_transitions 3",
      "tidings_checkpoint_age_seconds 1.5",
      "tidings_intake_unsettled 7",
    ]) {
      assert.ok(body.includes(`${line}\n`), line);
    }
  });

  test("a ledger that cannot be read fails that scrape and not the next", async () => {
    const books = new Books();
    let broken = true;
    const metrics = setUp({
      connected: books.connected,
      leader: books.leader,
      intake: books.intake,
      delivery: () => {
        if (broken) throw new Error("not yet");
        return books.delivery();
      },
    });
    await assert.rejects(metrics.render(undefined), /not yet/);
    broken = false;
    assertIdentities((await metrics.render(undefined)).body);
  });
});
