import type { Attribute } from "../../src/model/attribute.ts";
import {
  kindAttributes,
  recordAttributes,
  resourceAttributes,
  scope,
  type ResourceAttribute,
} from "../../src/model/attributes.ts";
import type { TimeSource } from "../../src/model/event-record.ts";
import { gapAttributes } from "../../src/model/gap-attributes.ts";
import { redactionNames } from "../../src/model/redaction-names.ts";
import type { GeneratedPage } from "./page.ts";

/** docs/telemetry.md, from the tables of attributes. */
export const telemetryPage: GeneratedPage = {
  path: "docs/telemetry.md",
  render:
    () => `<!-- Made from src/model/attributes.ts and src/model/gap-attributes.ts by \`npm run docs\`. Do not edit. -->
# What a record holds

Each state of a Kubernetes Event that the API server shows (its creation, each repeat) becomes one OpenTelemetry log
record. What is absent in the Event is absent in the record: there are no empty attributes. What is \`development\` may
still change; CHANGELOG.md says so when it does. What is \`stable\` changes only with a major version. A few records are
[of tidings' own making](#records-of-its-own).

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
back goes on counting where it was. A new leader goes on from the counts of the one before it, so the sum over an
Event's records is its count whoever exported them (over records with different \`log.record.uid\`: a takeover may bring
some a second time). \`tidings.occurrences.estimated\` says that the count before was not known: then at least one is new,
and that is what the record says. It happens to an Event that repeats after

- tidings started in the middle of it, with \`startFrom: now\`;
- a takeover for which the API server no longer had the state that the leader before knew (etcd keeps 5 to 10 minutes), if
  the Event began before and was repeated in between;
- a takeover by which it had expired: it comes back under its name, counting on;
- more Events were alive than \`processor.baselinesMax\`.

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

## Records of its own

What tidings itself has to say to who reads the Events, where they read them. Such a record is of the whole cluster: its
Resource has no \`k8s.namespace.name\`. The attributes above that are of an Event are not on it.

### \`tidings.gap\`

For some time the Events were not watched, and what could be recovered was: the records of what a list found new or
changed come right before this one. Within \`cluster.eventTTL\` every Event is there in its last state with its right count,
and \`severity_number\` is 9 (INFO). It is 13 (WARN) where whole Events may be lost: after a gap longer than that, and
after another history has taken the place of the one that was read. Timestamp is the end of the gap; the body says it all
in words.

${table(gapAttributes.map(attributeRow))}
With \`history_replaced\` a new epoch begins: everything that the cluster holds is exported again, by design, because a
resourceVersion may now stand for another state. An Event's \`log.record.uid\` ends in the epoch's number from then on, so
that no backend takes one for the other.

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

Whether Events may be lost, and which:

\`\`\`logql
{service_name="kubernetes-events"} | event_name="tidings.gap" | severity_number >= 13
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

function attributeRow<Subject>(attribute: Attribute<Subject>): string {
  const { name, type, example, when, meaning, stability } = attribute;
  return `| ${code(name)} | ${type} | ${code(example)} | ${when} | ${meaning} | ${stability} |\n`;
}

function resourceRow({ name, example, when, meaning, stability }: ResourceAttribute): string {
  return `| ${code(name)} | string | ${code(example)} | ${when} | ${meaning} | ${stability} |\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
