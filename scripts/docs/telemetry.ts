import {
  kindAttributes,
  recordAttributes,
  resourceAttributes,
  scope,
  type RecordAttribute,
  type ResourceAttribute,
} from "../../src/model/attributes.ts";
import type { TimeSource } from "../../src/model/event-record.ts";
import { redactionNames } from "../../src/model/redaction-names.ts";
import type { GeneratedPage } from "./page.ts";

/** docs/telemetry.md, from the attribute table. */
export const telemetryPage: GeneratedPage = {
  path: "docs/telemetry.md",
  render: () => `<!-- Made from src/model/attributes.ts by \`npm run docs\`. Do not edit. -->
# What a record holds

Each state of a Kubernetes Event that the API server shows (its creation, each repeat) becomes one OpenTelemetry log
record. What is absent in the Event is absent in the record: there are no empty attributes. What is \`development\` may
still change; CHANGELOG.md says so when it does. What is \`stable\` changes only with a major version.

## The record

| field of LogRecord | what it holds |
| --- | --- |
| \`time_unix_nano\` | When the Event's last observed occurrence was: see [Timestamp](#timestamp) |
| \`observed_time_unix_nano\` | When tidings received it |
| \`severity_number\` | 9 (INFO) for a \`Normal\` Event, 13 (WARN) for a \`Warning\`, absent for any other type |
| \`severity_text\` | The Event's type, as its emitter set it |
| \`body\` | The Event's message; see [Message](#message) |
| \`event_name\` | \`k8s.event\` |

Instrumentation scope: \`${scope.name}\`, version \`${scope.version}\`, which is the version of this mapping and not the program's.

## Resource

${table(resourceAttributes.map(resourceRow))}
Loki makes all but the cluster's uid its labels (\`service_name\`, \`k8s_cluster_name\`, \`k8s_namespace_name\`), so each
stream is one namespace of one cluster.

## Attributes

The names are those of the OpenTelemetry Collector's \`k8s_events\` receiver and of the semantic conventions for
Kubernetes, so that queries written for them go on working; what begins with \`tidings.\` is our own.

${table(recordAttributes.map(attributeRow))}
### The object once more, by its kind

So that an Event joins the other telemetry of its object, the object's name and uid stand in these attributes too. A
custom resource that borrows a kind's name has none.

| kind | name | uid |
| --- | --- | --- |
${kindAttributes
  .map(
    ({ kind, group, nameAttribute, uidAttribute }) =>
      `| ${kind}${group === "" ? "" : ` (\`${group}\`)`} | \`${nameAttribute}\` | \`${uidAttribute}\` |\n`,
  )
  .join("")}
## Occurrences

An Event stands for one or more occurrences: its \`k8s.event.count\` grows. \`tidings.occurrences\` is how many of them are
new in this record, so it is what to add up; a record may hold 0 (the Event changed without an occurrence) or many
(emitters write only some of the counts: a series of the new API only every 30 minutes). An Event that expired and came
back goes on counting where it was. \`tidings.occurrences.estimated\` says that the count before was not known (tidings
started in the middle of it with \`startFrom: now\`, or more Events are alive than \`processor.baselinesMax\`): then at
least one is new, and that is what the record says.

## Timestamp

Emitters tell times in several ways; the record has the best that its Event gives. Where the time is the API server's
and not the emitter's, \`tidings.time.source\` says so.

| source | when | resolution | \`tidings.time.source\` |
| --- | --- | --- | --- |
${Object.entries(timeSources)
  .map(
    ([source, { field, when, resolution, told }]) =>
      `| ${field} | ${when} | ${resolution} | ${told ? code(source) : "absent"} |\n`,
  )
  .join("")}
No other time is ever rewritten: what two clocks disagree about stays visible as the difference between the Timestamp
and ObservedTimestamp.

## Message

Secrets are replaced by \`[redacted:<name>]\`, and \`tidings.redactions\` counts them. Known by themselves:
${redactionNames.map(code).join(", ")}. \`processor.redact\` of the configuration switches them off one by one and adds
your own patterns. A message longer than \`processor.messageBytesMax\` is cut, after the redaction, and ends in a mark
such as \`… [1200 bytes cut]\`; \`tidings.body.cut_bytes\` has the number.

## Asking for it in LogQL

Through Loki's OTLP endpoint the Resource becomes labels, and attributes become structured metadata with \`_\` for \`.\`.

Every warning of a namespace:

\`\`\`logql
{service_name="kubernetes-events", k8s_namespace_name="payments"} | severity_number >= 13
\`\`\`

Everything about one pod, as one line each:

\`\`\`logql
{service_name="kubernetes-events"} | k8s_pod_name="api-7d4b9c6f5-x2x9p" | line_format "{{.k8s_event_reason}}: {{__line__}}"
\`\`\`

The ten most frequent reasons of the last hour, by occurrences and not by records:

\`\`\`logql
topk(10, sum by (k8s_event_reason) (
  sum_over_time({service_name="kubernetes-events"} | unwrap tidings_occurrences [1h])
))
\`\`\`

What the kubelet of one node said:

\`\`\`logql
{service_name="kubernetes-events"} | k8s_node_name="node-3" | k8s_event_reporting_controller="kubelet"
\`\`\`

Grade by \`severity_number\`, not by \`severity_text\`, which is only the emitter's \`Normal\` or \`Warning\`. The same state of
the same Event read twice, after a crash, has an equal \`log_record_uid\`.
`,
};

interface TimeSourceWords {
  readonly field: string;
  readonly when: string;
  readonly resolution: string;
  /** Whether `tidings.time.source` names it. */
  readonly told: boolean;
}

/** A new source without words does not compile. */
const timeSources: Readonly<Record<TimeSource, TimeSourceWords>> = {
  series: {
    field: "`series.lastObservedTime`",
    when: "the new API, repeated",
    resolution: "1 µs",
    told: false,
  },
  event_time: { field: "`eventTime`", when: "the new API, once", resolution: "1 µs", told: false },
  last_timestamp: { field: "`lastTimestamp`", when: "the old API, repeated", resolution: "1 s", told: false },
  name: {
    field: "`firstTimestamp` and the nanoseconds in the Event's name",
    when: "the old API, once, and the two agree",
    resolution: "1 ns",
    told: false,
  },
  first_timestamp: {
    field: "`firstTimestamp`",
    when: "the old API, once, and the name holds no time",
    resolution: "1 s",
    told: false,
  },
  write_time: {
    field: "newest `managedFields[].time`, else `creationTimestamp`",
    when: "the emitter gives no readable time",
    resolution: "1 s, the API server's clock",
    told: true,
  },
  write_time_clamped: {
    field: "the same",
    when: "the emitter's time lies more than 5 minutes after it",
    resolution: "1 s, the API server's clock",
    told: true,
  },
};

function table(rows: readonly string[]): string {
  return `| name | type | example | present when | meaning | stability |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("")}`;
}

function attributeRow({ name, type, example, when, meaning, stability }: RecordAttribute): string {
  return `| ${code(name)} | ${type} | ${code(example)} | ${when} | ${meaning} | ${stability} |\n`;
}

function resourceRow({ name, example, when, meaning, stability }: ResourceAttribute): string {
  return `| ${code(name)} | string | ${code(example)} | ${when} | ${meaning} | ${stability} |\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
