import type { Counter, Gauge, Histogram } from "prom-client";

import type { EventRecord } from "../model/event-record.ts";
import type { Frame } from "../model/frame.ts";
import type { Ledgers, SendResult } from "../model/ledger.ts";
import type { Notice, Notify } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";
import { formatForAccept } from "./accept.ts";
import { CounterFamily } from "./counter-family.ts";
import { Exporter, type Exposition } from "./exporter.ts";
import { severityNames } from "./label-values.ts";
import { metricTable } from "./metric-table.ts";

export interface MetricsOptions {
  readonly version: string;
  /** Series of `tidings.events` at most. */
  readonly seriesMax: number;
  /** A series of `tidings.events` that was silent for as long is removed. */
  readonly idleAfterMs: number;
  /** Add Node's own metrics; their timers live as long as the process. */
  readonly processMetrics: boolean;
}

export const metricsDefaults = {
  seriesMax: 2000,
  idleAfterMs: 60 * 60 * 1000,
  processMetrics: true,
} as const;

/** What `countEvent` reads of a record. */
export type CountedRecord = Pick<
  EventRecord,
  "namespace" | "objectKind" | "reason" | "severityText" | "severityNumber" | "occurrences"
>;

/**
 * All numbers of `/metrics`. The ledgers of the intake and the delivery are read and written down in one turn, so that
 * every scrape holds both identities (invariant 3).
 */
export class Metrics {
  readonly #exporter = new Exporter();
  readonly #ledgers: Ledgers;
  readonly #events: CounterFamily;
  readonly #counters: Readonly<Record<PulledCounter, Counter>>;
  readonly #gauges: Readonly<Record<PulledGauge, Gauge>>;
  readonly #deliveryLag: Histogram;
  readonly #sendDuration: Histogram;
  readonly #watchRestarts: Counter;
  readonly #lists: Counter;
  readonly #notices: Counter;
  readonly #labelValues: [string, string, string, string, string] = ["", "", "", "", ""];

  /** `ledgers` are called at each scrape only, so they may name parts that are built after this one. */
  constructor(
    options: MetricsOptions,
    ledgers: Ledgers,
    runtime: Pick<Runtime, "monotonicMs">,
    notify: Notify,
  ) {
    this.#ledgers = ledgers;
    const exporter = this.#exporter;
    const { name, labels } = metricTable.events;
    this.#events = new CounterFamily(
      name,
      exporter.counter("events"),
      labels.map((label) => label.name),
      { seriesMax: options.seriesMax, idleAfterMs: options.idleAfterMs },
      runtime,
      notify,
    );
    this.#counters = {
      intakeReceived: exporter.counter("intakeReceived"),
      intakeFiltered: exporter.counter("intakeFiltered"),
      intakeMalformed: exporter.counter("intakeMalformed"),
      intakeAccepted: exporter.counter("intakeAccepted"),
      intakeWarmed: exporter.counter("intakeWarmed"),
      intakeProduced: exporter.counter("intakeProduced"),
      intakeRemoved: exporter.counter("intakeRemoved"),
      intakeBookmarks: exporter.counter("intakeBookmarks"),
      recordsAccepted: exporter.counter("recordsAccepted"),
      recordsDelivered: exporter.counter("recordsDelivered"),
      recordsRejected: exporter.counter("recordsRejected"),
      recordsDropped: exporter.counter("recordsDropped"),
      sourceRead: exporter.counter("sourceRead"),
      sends: exporter.counter("sends"),
      seriesOverflow: exporter.counter("seriesOverflow"),
    };
    this.#gauges = {
      recordsQueued: exporter.gauge("recordsQueued"),
      watchConnected: exporter.gauge("watchConnected"),
      watchLag: exporter.gauge("watchLag"),
      leader: exporter.gauge("leader"),
      leaderTransitions: exporter.gauge("leaderTransitions"),
      checkpointAge: exporter.gauge("checkpointAge"),
      unsettled: exporter.gauge("unsettled"),
      queueSize: exporter.gauge("queueSize"),
      queueOldestAge: exporter.gauge("queueOldestAge"),
    };
    this.#watchRestarts = this.#closedCounter("watchRestarts");
    this.#lists = this.#closedCounter("lists");
    this.#deliveryLag = exporter.histogram("deliveryLag");
    this.#sendDuration = exporter.histogram("sendDuration");
    this.#notices = this.#closedCounter("notices");
    exporter.gauge("buildInfo").set({ version: options.version }, 1);
    if (options.processMetrics) exporter.addProcessMetrics();
  }

  /** Counts an exported record's occurrences. Called for each record: one map look-up. */
  readonly countEvent = (record: CountedRecord): void => {
    if (record.occurrences <= 0) return;
    const values = this.#labelValues;
    values[0] = record.namespace;
    values[1] = record.objectKind;
    values[2] = record.reason;
    values[3] = record.severityText;
    values[4] = severityNames[record.severityNumber];
    this.#events.add(values, record.occurrences);
  };

  /** Counts a notice, and what derives from it. */
  readonly countNotice = (notice: Notice): void => {
    this.#notices.inc({ kind: notice.kind });
    if (notice.kind === "watch_ended") this.#watchRestarts.inc({ cause: notice.cause });
    else if (notice.kind === "list_started") this.#lists.inc({ cause: notice.cause });
  };

  /** Records that the endpoint acknowledged at `acknowledgedAtMs` (wall clock). A lag below 0 (clocks differ) is 0. */
  readonly delivered = (frames: readonly Pick<Frame, "writeTimeMs">[], acknowledgedAtMs: number): void => {
    for (const { writeTimeMs } of frames) {
      if (writeTimeMs > 0) this.#deliveryLag.observe(Math.max(acknowledgedAtMs - writeTimeMs, 0) / 1000);
    }
  };

  /** A request to the endpoint and how long it took; how many there were is in the delivery's ledger. */
  readonly sent = (_result: SendResult, durationMs: number): void => {
    this.#sendDuration.observe(durationMs / 1000);
  };

  /** The text of `/metrics` in the format that the Accept header prefers. One at a time; the next waits. */
  render(accept: string | undefined): Promise<Exposition> {
    return this.#exporter.write(formatForAccept(accept), () => this.#snapshot());
  }

  #snapshot(): void {
    // First all readings, then the writing: what is written stands for one moment.
    const connected = this.#ledgers.connected();
    const leader = this.#ledgers.leader();
    const intake = this.#ledgers.intake();
    const delivery = this.#ledgers.delivery();

    const { recordsRejected, recordsDropped, sends, seriesOverflow, ...plain } = this.#counters;
    setCounter(plain.intakeReceived, intake.received);
    setCounter(plain.intakeFiltered, intake.filtered);
    setCounter(plain.intakeMalformed, intake.malformed);
    setCounter(plain.intakeAccepted, intake.accepted);
    setCounter(plain.intakeWarmed, intake.warmed);
    setCounter(plain.intakeProduced, intake.produced);
    setCounter(plain.intakeRemoved, intake.removed);
    setCounter(plain.intakeBookmarks, intake.bookmarks);
    setCounter(plain.recordsAccepted, delivery.accepted);
    setCounter(plain.recordsDelivered, delivery.delivered);
    setCounter(plain.sourceRead, intake.bytes);
    setCounters(recordsRejected, "reason", delivery.rejected);
    setCounters(recordsDropped, "reason", delivery.dropped);
    setCounters(sends, "outcome", delivery.sends);

    this.#gauges.recordsQueued.set(delivery.queued);
    this.#gauges.watchConnected.set(connected ? 1 : 0);
    this.#gauges.watchLag.set(intake.lagMs / 1000);
    this.#gauges.leader.set(leader.isLeader ? 1 : 0);
    this.#gauges.leaderTransitions.set(leader.transitions);
    this.#gauges.checkpointAge.set(leader.checkpointAgeMs / 1000);
    this.#gauges.unsettled.set(leader.unsettled);
    this.#gauges.queueSize.set(delivery.queuedBytes);
    this.#gauges.queueOldestAge.set(delivery.oldestAgeMs / 1000);

    this.#events.flush();
    setCounters(seriesOverflow, "metric", { [metricTable.events.name]: this.#events.overflowed });
  }

  /** A counter with one label of known values, all of them there from the start: an alert sees the first increment. */
  #closedCounter(key: "watchRestarts" | "lists" | "notices"): Counter {
    const counter = this.#exporter.counter(key);
    const [label] = metricTable[key].labels;
    for (const value of label.values) counter.inc({ [label.name]: value }, 0);
    return counter;
  }
}

type PulledCounter =
  | "intakeReceived"
  | "intakeFiltered"
  | "intakeMalformed"
  | "intakeAccepted"
  | "intakeWarmed"
  | "intakeProduced"
  | "intakeRemoved"
  | "intakeBookmarks"
  | "recordsAccepted"
  | "recordsDelivered"
  | "recordsRejected"
  | "recordsDropped"
  | "sourceRead"
  | "sends"
  | "seriesOverflow";
type PulledGauge =
  | "recordsQueued"
  | "watchConnected"
  | "watchLag"
  | "leader"
  | "leaderTransitions"
  | "checkpointAge"
  | "unsettled"
  | "queueSize"
  | "queueOldestAge";

/** prom-client's counters only go up; ours are kept elsewhere and set. */
function setCounter(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}

function setCounters(counter: Counter, label: string, values: Readonly<Record<string, number>>): void {
  counter.reset();
  for (const [value, count] of Object.entries(values)) counter.inc({ [label]: value }, count);
}
