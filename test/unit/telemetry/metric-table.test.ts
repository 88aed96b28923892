import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { metricTable, prometheusName, type MetricRow } from "../../../src/telemetry/metric-table.ts";

const rows: readonly MetricRow[] = Object.values(metricTable);

suite("metric-table", () => {
  test("the names on /metrics are what dashboards may rely on", () => {
    assert.deepEqual(
      rows.map((row) => prometheusName(row)),
      [
        "tidings_events_total",
        "tidings_intake_received_total",
        "tidings_intake_filtered_total",
        "tidings_intake_malformed_total",
        "tidings_intake_accepted_total",
        "tidings_intake_warmed_total",
        "tidings_intake_produced_total",
        "tidings_intake_removed_total",
        "tidings_intake_bookmarks_total",
        "tidings_records_accepted_total",
        "tidings_records_delivered_total",
        "tidings_records_rejected_total",
        "tidings_records_dropped_total",
        "tidings_records_queued",
        "tidings_watch_connected",
        "tidings_watch_restarts_total",
        "tidings_watch_lag_seconds",
        "tidings_lists_total",
        "tidings_source_read_bytes_total",
        "tidings_leader",
        "tidings_leader_transitions",
        "tidings_checkpoint_age_seconds",
        "tidings_intake_unsettled",
        "tidings_delivery_lag_seconds",
        "tidings_send_duration_seconds",
        "tidings_sends_total",
        "tidings_queue_size_bytes",
        "tidings_queue_oldest_age_seconds",
        "tidings_notices_total",
        "tidings_series_overflow_total",
        "tidings_build_info",
      ],
    );
  });

  test("every row can stand in a page: a meaning without a full stop, buckets only for histograms, rising", () => {
    for (const { name, kind, meaning, buckets } of rows) {
      assert.match(meaning, /^[A-Z1].*[^.]$/, name);
      assert.equal(kind === "histogram", buckets !== undefined, name);
      assert.deepEqual(
        buckets?.toSorted((a, b) => a - b),
        buckets,
        name,
      );
    }
  });

  test("no label names an object or holds a message", () => {
    const labels = new Set(rows.flatMap((row) => row.labels.map((label) => label.name)));
    for (const label of labels) assert.doesNotMatch(label, /object_name|uid|message|body|note/);
  });
});
