import type { Stability } from "../model/attribute.ts";
import {
  dropReasons,
  listCauses,
  noticeKinds,
  rejectReasons,
  sendResults,
  severityNames,
  watchEnds,
} from "./label-values.ts";

/**
 * The one table of what tidings says of itself in numbers. `/metrics` is made from it, `docs/metrics.md` is generated
 * from it, dashboards and rules are checked against it. Names are OpenTelemetry's, with dots; `prometheusName` gives
 * the form on `/metrics`. Never a message, an object's name or a uid in a label.
 */
export interface MetricRow {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** UCUM, as OpenTelemetry writes it: `s`, `By`, or an annotation such as `{event}`. */
  readonly unit: string;
  readonly labels: readonly MetricLabel[];
  readonly meaning: string;
  readonly stability: Stability;
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

/** `values`: every value there can be; undefined: from the outside, so that the family is bounded as a whole. */
export interface MetricLabel {
  readonly name: string;
  readonly meaning: string;
  readonly values?: readonly string[];
}

/** Stands for the labels of what no longer has a series of its own. */
export const overflowLabelValue = "_other";

const subSecondToHour = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** In the order of the documentation. */
export const metricTable = {
  events: {
    name: "tidings.events",
    kind: "counter",
    unit: "{occurrence}",
    labels: [
      { name: "k8s_namespace_name", meaning: "namespace of the object, empty for cluster-scoped ones" },
      { name: "k8s_object_kind", meaning: "its kind" },
      { name: "k8s_event_reason", meaning: "the Event's reason" },
      { name: "k8s_event_type", meaning: "`Normal` or `Warning`, as the emitter set it" },
      { name: "tidings_severity", meaning: "our grade", values: Object.values(severityNames) },
    ],
    meaning:
      "Occurrences of Events that were exported: an Event that says it happened five more times adds five. What lay stored before the first start is exported but not counted",
    stability: "development",
  },

  intakeReceived: {
    name: "tidings.intake.received",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning:
      "Events and malformed items read from the API server: `= filtered + malformed + warmed + accepted` of tidings.intake",
    stability: "development",
  },
  intakeFiltered: {
    name: "tidings.intake.filtered",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning: "Left out by the export filter",
    stability: "development",
  },
  intakeMalformed: {
    name: "tidings.intake.malformed",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning: "No Event, passed over; the log says why",
    stability: "development",
  },
  intakeAccepted: {
    name: "tidings.intake.accepted",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning: "Made into a record and handed to the delivery",
    stability: "development",
  },
  intakeWarmed: {
    name: "tidings.intake.warmed",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning:
      "Events that the leader before had exported, read again at a takeover so that counts go on; not exported again",
    stability: "development",
  },
  intakeProduced: {
    name: "tidings.intake.produced",
    kind: "counter",
    unit: "{record}",
    labels: [],
    meaning:
      "Records of tidings' own making, such as `tidings.gap`, handed to the delivery: `tidings.records.accepted = accepted + produced` of tidings.intake",
    stability: "development",
  },
  intakeRemoved: {
    name: "tidings.intake.removed",
    kind: "counter",
    unit: "{event}",
    labels: [],
    meaning: "Deletions seen (the end of an Event's TTL), which are no events and not among the received",
    stability: "development",
  },
  intakeBookmarks: {
    name: "tidings.intake.bookmarks",
    kind: "counter",
    unit: "{bookmark}",
    labels: [],
    meaning: "Bookmarks of the watch, about one a minute",
    stability: "development",
  },

  recordsAccepted: {
    name: "tidings.records.accepted",
    kind: "counter",
    unit: "{record}",
    labels: [],
    meaning:
      "Records that the delivery took charge of: `= delivered + rejected + dropped + queued` of tidings.records",
    stability: "development",
  },
  recordsDelivered: {
    name: "tidings.records.delivered",
    kind: "counter",
    unit: "{record}",
    labels: [],
    meaning: "Acknowledged by the endpoint",
    stability: "development",
  },
  recordsRejected: {
    name: "tidings.records.rejected",
    kind: "counter",
    unit: "{record}",
    labels: [{ name: "reason", meaning: "why", values: rejectReasons }],
    meaning: "Refused by the endpoint for good",
    stability: "development",
  },
  recordsDropped: {
    name: "tidings.records.dropped",
    kind: "counter",
    unit: "{record}",
    labels: [
      {
        name: "reason",
        meaning: "why",
        values: dropReasons,
      },
    ],
    meaning:
      "Given up without the endpoint's verdict. Nothing is, as yet: a full queue holds the source back",
    stability: "development",
  },
  recordsQueued: {
    name: "tidings.records.queued",
    kind: "gauge",
    unit: "{record}",
    labels: [],
    meaning: "Waiting or in flight now",
    stability: "development",
  },

  watchConnected: {
    name: "tidings.watch.connected",
    kind: "gauge",
    unit: "",
    labels: [],
    meaning: "1 while a watch is open",
    stability: "development",
  },
  watchRestarts: {
    name: "tidings.watch.restarts",
    kind: "counter",
    unit: "{restart}",
    labels: [{ name: "cause", meaning: "how the watch before ended", values: watchEnds }],
    meaning: "Watches that ended; `timeout` is the normal end, every four to five minutes",
    stability: "development",
  },
  watchLag: {
    name: "tidings.watch.lag",
    kind: "gauge",
    unit: "s",
    labels: [],
    meaning:
      "From the API server's write to our reading, of the newest watched Event; clocks that differ show here (the API server writes whole seconds)",
    stability: "development",
  },
  lists: {
    name: "tidings.lists",
    kind: "counter",
    unit: "{list}",
    labels: [{ name: "cause", meaning: "why", values: listCauses }],
    meaning: "Readings of what the cluster stores; `gap`: the watch could not be resumed",
    stability: "development",
  },
  sourceRead: {
    name: "tidings.source.read",
    kind: "counter",
    unit: "By",
    labels: [],
    meaning: "Read from lists and watches of the API server",
    stability: "development",
  },

  leader: {
    name: "tidings.leader",
    kind: "gauge",
    unit: "",
    labels: [],
    meaning:
      "1 while this replica leads: of all replicas together it is 1, but for the seconds of a takeover",
    stability: "development",
  },
  leaderTransitions: {
    name: "tidings.leader.transitions",
    kind: "gauge",
    unit: "{transition}",
    labels: [],
    meaning: "How often the Lease has changed hands, as the leader knows it; 0 without a Lease",
    stability: "development",
  },
  checkpointAge: {
    name: "tidings.checkpoint.age",
    kind: "gauge",
    unit: "s",
    labels: [],
    meaning:
      "Since the leader last wrote down what is delivered, in the Lease: what a takeover after a crash may bring a second time is what was delivered since",
    stability: "development",
  },
  unsettled: {
    name: "tidings.intake.unsettled",
    kind: "gauge",
    unit: "{record}",
    labels: [],
    meaning:
      "Inputs from the oldest that is neither delivered nor refused to the newest: what a new leader would read again",
    stability: "development",
  },

  deliveryLag: {
    name: "tidings.delivery.lag",
    kind: "histogram",
    unit: "s",
    labels: [],
    meaning: "From the API server's write of an Event to the endpoint's acknowledgement of its record",
    stability: "development",
    buckets: subSecondToHour,
  },
  sendDuration: {
    name: "tidings.send.duration",
    kind: "histogram",
    unit: "s",
    labels: [],
    meaning: "A request to the endpoint, from its first byte to its verdict or failure",
    stability: "development",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  sends: {
    name: "tidings.sends",
    kind: "counter",
    unit: "{request}",
    labels: [{ name: "outcome", meaning: "what became of it", values: sendResults }],
    meaning:
      "Requests to the endpoint; `held`: nothing is taken until a person changes something, `divide`: sent again in smaller parts",
    stability: "development",
  },
  queueSize: {
    name: "tidings.queue.size",
    kind: "gauge",
    unit: "By",
    labels: [],
    meaning: "Memory held by the queued records' bytes",
    stability: "development",
  },
  queueOldestAge: {
    name: "tidings.queue.oldest_age",
    kind: "gauge",
    unit: "s",
    labels: [],
    meaning: "Since the oldest queued record was accepted; 0 when none is",
    stability: "development",
  },

  notices: {
    name: "tidings.notices",
    kind: "counter",
    unit: "{notice}",
    labels: [{ name: "kind", meaning: "the field `notice` of the log line", values: noticeKinds }],
    meaning: "Rare things said of itself, whether or not their log line was held back",
    stability: "development",
  },
  seriesOverflow: {
    name: "tidings.series.overflow",
    kind: "counter",
    unit: "{increment}",
    labels: [{ name: "metric", meaning: "the family that is full", values: ["tidings.events"] }],
    meaning: `Increments counted under \`${overflowLabelValue}\` because their family has its most series`,
    stability: "development",
  },
  buildInfo: {
    name: "tidings.build.info",
    kind: "gauge",
    unit: "",
    labels: [{ name: "version", meaning: "of tidings; one" }],
    meaning: "Always 1",
    stability: "stable",
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricKey = keyof typeof metricTable;

/**
 * The name on `/metrics`, by OpenTelemetry's translation: dots to underscores, the unit behind it, `_total` behind
 * counters; units in braces have no suffix.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus
 */
export function prometheusName(row: Pick<MetricRow, "name" | "kind" | "unit">): string {
  const words: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };
  return row.name.replaceAll(".", "_") + (words[row.unit] ?? "") + (row.kind === "counter" ? "_total" : "");
}
