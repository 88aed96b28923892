import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { OpenMetricsContentType } from "prom-client";

import type { ExpositionFormat } from "./accept.ts";
import { metricTable, prometheusName, type MetricKey, type MetricRow } from "./metric-table.ts";

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The prom-client objects of the metric table, in both text formats. prom-client binds a format to a registry and
 * renames its counters for good when it writes OpenMetrics, so each metric stands in two registries and gets its name
 * back after each writing; therefore one writing at a time.
 */
export class Exporter {
  readonly #text = new Registry();
  readonly #openMetrics = new Registry<OpenMetricsContentType>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  counter(key: MetricKey): Counter {
    return new Counter(this.#configuration(key));
  }

  gauge(key: MetricKey): Gauge {
    return new Gauge(this.#configuration(key));
  }

  histogram(key: MetricKey): Histogram {
    const row: MetricRow = metricTable[key];
    return new Histogram({ ...this.#configuration(key), buckets: [...(row.buckets ?? [])] });
  }

  /** Node's and the process' own, as every prom-client user knows them. Its timers live as long as the process. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#text, eventLoopMonitoringPrecision: 50 });
    for (const { name } of this.#text.getMetricsAsArray()) {
      const metric = this.#text.getSingleMetric(name);
      if (metric !== undefined) this.#openMetrics.registerMetric(metric);
    }
  }

  /**
   * Calls `prepare` and reads every metric in the same turn, then writes them; after whatever is being written.
   * Rejects with what `prepare` throws.
   */
  write(format: ExpositionFormat, prepare: () => void): Promise<Exposition> {
    const turn = this.#turn.then(() => {
      prepare();
      return format === "openmetrics" ? this.#writeOpenMetrics() : this.#writeText();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #writeText(): Promise<Exposition> {
    return { contentType: this.#text.contentType, body: await this.#text.metrics() };
  }

  async #writeOpenMetrics(): Promise<Exposition> {
    const metrics = this.#openMetrics.getMetricsAsArray();
    const names = metrics.map((metric) => metric.name);
    try {
      return { contentType: this.#openMetrics.contentType, body: await this.#openMetrics.metrics() };
    } finally {
      for (const [index, metric] of metrics.entries()) metric.name = names[index] ?? metric.name;
    }
  }

  #configuration(key: MetricKey): {
    name: string;
    help: string;
    labelNames: string[];
    registers: [Registry, Registry<OpenMetricsContentType>];
  } {
    const row: MetricRow = metricTable[key];
    return {
      name: prometheusName(row),
      help: row.meaning,
      labelNames: row.labels.map((label) => label.name),
      registers: [this.#text, this.#openMetrics],
    };
  }
}
