import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { formatForAccept, type ExpositionFormat } from "../../../src/telemetry/accept.ts";

suite("accept", () => {
  const cases: readonly {
    readonly who: string;
    readonly accept?: string;
    readonly format: ExpositionFormat;
  }[] = [
    { who: "nobody in particular", format: "prometheus" },
    { who: "curl", accept: "*/*", format: "prometheus" },
    { who: "a browser", accept: "text/html,application/xhtml+xml,*/*;q=0.8", format: "prometheus" },
    {
      who: "Prometheus 2.53",
      accept:
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      format: "openmetrics",
    },
    {
      who: "Prometheus 3.5",
      accept:
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      format: "openmetrics",
    },
    {
      who: "one that likes text more",
      accept: "text/plain;q=0.9, application/openmetrics-text;q=0.5",
      format: "prometheus",
    },
    {
      who: "one that refuses OpenMetrics",
      accept: "application/openmetrics-text;q=0, */*",
      format: "prometheus",
    },
    {
      who: "one that knows only the draft",
      accept: "application/openmetrics-text; version=0.0.1",
      format: "prometheus",
    },
    { who: "nonsense", accept: ";;q=,application/openmetrics-text;q=lots", format: "prometheus" },
  ];
  for (const { who, accept, format } of cases) {
    test(`${who} gets ${format}`, () => assert.equal(formatForAccept(accept), format));
  }
});
