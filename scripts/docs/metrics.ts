import {
  metricTable,
  overflowLabelValue,
  prometheusName,
  type MetricRow,
} from "../../src/telemetry/metric-table.ts";
import { metricsDefaults } from "../../src/telemetry/metrics.ts";
import type { GeneratedPage } from "./page.ts";

/** docs/metrics.md, from the metric table. */
export const metricsPage: GeneratedPage = {
  path: "docs/metrics.md",
  render: () => `<!-- Made from src/telemetry/metric-table.ts by \`npm run docs\`. Do not edit. -->
# Metrics

Served on \`/metrics\` of the admin server, as Prometheus text or as OpenMetrics where the scraper asks for it. The
first name is OpenTelemetry's, the second the one on \`/metrics\`; in OpenMetrics a counter's family has no \`_total\`.
What is \`development\` may still change its name; CHANGELOG.md says so when it does.

## Two identities

They hold at every scrape, exactly, because all their numbers are taken in one moment:

\`\`\`
tidings_intake_received_total  = tidings_intake_filtered_total + tidings_intake_malformed_total
                               + tidings_intake_accepted_total
tidings_records_accepted_total = tidings_records_delivered_total + sum(tidings_records_rejected_total)
                               + sum(tidings_records_dropped_total) + tidings_records_queued
\`\`\`

## The metrics

${Object.values(metricTable).map(section).join("\n")}
## The process

Besides, \`process_*\` and \`nodejs_*\` as [prom-client](https://github.com/siimon/prom-client#default-metrics) gives them:
CPU, memory, open files, event loop lag, heap, garbage collection.

## Bounds

\`tidings_events_total\` has at most ${metricsDefaults.seriesMax} series. What comes on top is counted in one series whose labels are all
\`${overflowLabelValue}\`; \`tidings_series_overflow_total\` says how often, and the log says once that it began. A series that was
silent for ${metricsDefaults.idleAfterMs / 60_000} minutes is removed when the metrics are next read; if it returns it begins anew, which \`rate()\` and
\`increase()\` take as a counter's restart. A label's value is cut at 128 characters. No label ever holds a message, an
object's name or a uid.
`,
};

function section(row: MetricRow): string {
  const unit = row.unit === "" ? "" : `, unit \`${row.unit}\``;
  const labels = row.labels.map((label) => {
    const values =
      label.values === undefined ? "" : `: ${label.values.map((value) => `\`${value}\``).join(", ")}`;
    return `- \`${label.name}\`: ${label.meaning}${values}\n`;
  });
  const buckets = row.buckets === undefined ? "" : `\nBuckets: ${row.buckets.join(", ")}.\n`;
  return `### ${row.name}

\`${prometheusName(row)}\`: ${row.kind}${unit}, ${row.stability}

${row.meaning}.
${labels.length === 0 ? "" : `\n${labels.join("")}`}${buckets}`;
}
