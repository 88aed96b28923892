import assert from "node:assert/strict";
import { test } from "node:test";

import { effectiveYaml } from "../../../src/config/effective.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const file = `cluster:
  name: "007"
processor:
  filter:
    include:
      - { types: [Warning], namespaces: [""] }
  redact:
    patterns:
      - { name: order, pattern: 'O-\\d+' }
otlp:
  batch: { delay: 1m }
  headerFiles: { Authorization: token }
http: { listen: "off" }
`;

test("The effective configuration, given again as a file, is the same configuration", async () => {
  const files = { "c.yaml": file, token: "" };
  const first = await loadConfig({
    file: "c.yaml",
    environment: { TIDINGS_METRICS_SERIES_MAX: "20", OTEL_EXPORTER_OTLP_TIMEOUT: "1500" },
    flags: [{ path: ["log", "level"], value: "debug", from: "--log-level" }],
    files: memoryFiles(files),
  });
  assert.ok(first.ok);
  const text = effectiveYaml(first.written);
  const second = await loadConfig({
    file: "effective.yaml",
    environment: {},
    files: memoryFiles({ ...files, "effective.yaml": text }),
  });
  assert.ok(second.ok);
  assert.deepEqual(second.config, first.config);
});

test("Each value that somebody set says who", async () => {
  const result = await loadConfig({
    file: "c.yaml",
    environment: { TIDINGS_METRICS_SERIES_MAX: "20", OTEL_EXPORTER_OTLP_TIMEOUT: "1500" },
    flags: [{ path: ["log", "level"], value: "debug", from: "--log-level" }],
    files: memoryFiles({ "c.yaml": file, token: "" }),
  });
  assert.ok(result.ok);
  const commented = effectiveYaml(result.written)
    .split("\n")
    .filter((line) => line.includes("#"))
    .map((line) => line.trim());
  assert.deepEqual(commented, [
    'name: "007" # c.yaml:2',
    "# c.yaml:8",
    "# c.yaml:5",
    "# c.yaml:12",
    "timeout: 1500ms # OTEL_EXPORTER_OTLP_TIMEOUT",
    "delay: 1m # c.yaml:11",
    "listen: off # c.yaml:13",
    "level: debug # --log-level",
    "seriesMax: 20 # TIDINGS_METRICS_SERIES_MAX",
  ]);
});

test("Secrets are not printed", async () => {
  const result = await loadConfig({
    environment: {
      TIDINGS_OTLP_ENDPOINT: "https://user:hunter2@collector",
      TIDINGS_OTLP_HEADERS: "{ Authorization: Bearer hunter2, X-Key: hunter2 }",
    },
  });
  assert.ok(result.ok);
  const text = effectiveYaml(result.written);
  assert.doesNotMatch(text, /hunter2/);
  assert.match(text, /endpoint: https:\/\/\[secret\]@collector # TIDINGS_OTLP_ENDPOINT\n/);
  assert.match(text, /Authorization: "\[secret\]"\n/);
});
