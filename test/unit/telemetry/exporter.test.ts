import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Exporter } from "../../../src/telemetry/exporter.ts";

function value(body: string): string | undefined {
  return /^tidings_records_queued (\d+)$/m.exec(body)?.[1];
}

suite("exporter", () => {
  test("both formats keep their names, in whatever order they are asked for", async () => {
    const exporter = new Exporter();
    const received = exporter.counter("intakeReceived");
    received.inc(3);
    const texts: string[] = [];
    for (const format of ["prometheus", "openmetrics", "openmetrics", "prometheus"] as const) {
      const { contentType, body } = await exporter.write(format, () => {});
      texts.push(`${contentType}\n${body.replaceAll(/# HELP.*\n/g, "")}`);
    }
    const text =
      "text/plain; version=0.0.4; charset=utf-8\n# TYPE tidings_intake_received_total counter\ntidings_intake_received_total 3\n";
    const openMetrics =
      "application/openmetrics-text; version=1.0.0; charset=utf-8\n# TYPE tidings_intake_received counter\ntidings_intake_received_total 3\n# EOF\n";
    assert.deepEqual(texts, [text, openMetrics, openMetrics, text]);
  });

  test("two writings at once do not mix, and a preparation that fails spoils only its own", async () => {
    const exporter = new Exporter();
    const queued = exporter.gauge("recordsQueued");
    const answers = await Promise.allSettled([
      exporter.write("openmetrics", () => queued.set(1)),
      exporter.write("prometheus", () => {
        throw new Error("no ledger");
      }),
      exporter.write("prometheus", () => queued.set(2)),
    ]);
    assert.deepEqual(
      answers.map((answer) => (answer.status === "fulfilled" ? value(answer.value.body) : "failed")),
      ["1", "failed", "2"],
    );
  });

  test("a histogram has the buckets of its row", async () => {
    const exporter = new Exporter();
    exporter.histogram("deliveryLag").observe(20);
    const { body } = await exporter.write("prometheus", () => {});
    assert.match(body, /^tidings_delivery_lag_seconds_bucket\{le="10"\} 0$/m);
    assert.match(body, /^tidings_delivery_lag_seconds_bucket\{le="30"\} 1$/m);
    assert.match(body, /^tidings_delivery_lag_seconds_sum 20$/m);
  });
});
