import assert from "node:assert/strict";
import { test } from "node:test";

import { formatFault } from "../../../src/config/fault.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Environment, GivenValue } from "../../../src/config/value-source.ts";
import { memoryFiles } from "./memory-files.ts";

interface Case {
  readonly name: string;
  readonly file?: string;
  readonly environment?: Environment;
  readonly flags?: readonly GivenValue[];
  readonly printed: string;
}

/** All that a person reads for a faulty configuration. */
async function printed({ file, environment, flags }: Omit<Case, "name" | "printed">): Promise<string> {
  const result = await loadConfig({
    file: file === undefined ? undefined : "c.yaml",
    flags: flags ?? [],
    environment: environment ?? {},
    files: memoryFiles(file === undefined ? {} : { "c.yaml": file }),
  });
  return result.ok ? "" : result.faults.map(formatFault).join("\n");
}

const cases: readonly Case[] = [
  {
    name: "an unknown key, and what was meant",
    file: "otlp:\n  endpiont: http://collector:4318\n",
    printed: `
c.yaml:2:3: otlp.endpiont: unknown key; did you mean \`endpoint\`?
    2 |   endpiont: …
      |   ^^^^^^^^`,
  },
  {
    name: "a key in the wrong section",
    file: "timeout: 3s\n",
    printed: `
c.yaml:1:1: timeout: unknown key; did you mean \`otlp.timeout\`?
    1 | timeout: …
      | ^^^^^^^`,
  },
  {
    name: "an unknown key that resembles nothing: what there is",
    file: "stop:\n  zebra: 1\n",
    printed: `
c.yaml:2:3: stop.zebra: unknown key; there are gracePeriod
    2 |   zebra: …
      |   ^^^^^`,
  },
  {
    name: "a key within a list, without a second fault about what it should have been",
    file: "processor:\n  filter:\n    include:\n      - reason: [BackOff]\n",
    printed: `
c.yaml:4:9: processor.filter.include[0].reason: unknown key; did you mean \`reasons\`?
    4 |       - reason: [BackOff]
      |         ^^^^^^`,
  },
  {
    name: "a rule that would match everything",
    file: "processor: { filter: { exclude: [{}] } }\n",
    printed: `
c.yaml:1:34: processor.filter.exclude[0]: a rule without a condition would match every Event; give it namespaces, kinds, reasons, types or controllers
    1 | processor: { filter: { exclude: [{}] } }
      |                                  ^^`,
  },
  {
    name: "names that JavaScript knows are unknown keys like any other",
    file: "stop:\n  __proto__: 1\n  constructor: 2\n",
    printed: `
c.yaml:2:3: stop.__proto__: unknown key; there are gracePeriod
    2 |   __proto__: …
      |   ^^^^^^^^^
c.yaml:3:3: stop.constructor: unknown key; there are gracePeriod
    3 |   constructor: …
      |   ^^^^^^^^^^^`,
  },
  {
    name: "a duplicate key",
    file: "otlp:\n  timeout: 3s\n  timeout: 5s\n",
    printed: `
c.yaml:3:3: otlp.timeout: given twice; the first is in line 2
    3 |   timeout: 5s
      |   ^^^^^^^`,
  },
  {
    name: "no YAML: the value is not shown, it may be a secret",
    file: "otlp:\n  headers:\n    Authorization: 'Bearer hunter2\n",
    printed: `
c.yaml:4:1: not YAML: missing closing 'quote
    4 |`,
  },
  {
    name: "tabs",
    file: "otlp:\n\ttimeout: 3s\n",
    printed: `
c.yaml:2:1: a tab stands in the indentation; YAML wants spaces
    2 |  timeout:…
      | ^`,
  },
  {
    name: "several documents",
    file: "output: otlp\n---\noutput: stdout\n",
    printed: `
c.yaml:2:1: more than one document; keep one, without \`---\` between
    2 | …
      | ^`,
  },
  {
    name: "an alias without its anchor",
    file: "output: *there\n",
    printed: `
c.yaml:1:9: output: an alias without its anchor; put a text that begins with \`*\` in quotes
    1 | output:…`,
  },
  {
    name: "a list at the top",
    file: "- output\n",
    printed: `
c.yaml:1:1: expected a mapping with sections such as \`otlp:\` at the top
    1 | …
      | ^`,
  },
  {
    name: "a text where a section should be, and what lies below it cannot be set",
    file: "otlp: fast\n",
    environment: { TIDINGS_OTLP_TIMEOUT: "3s" },
    printed: `
c.yaml:1:7: otlp: expected a mapping, got "fast"
    1 | otlp: fast
      |       ^^^^`,
  },
  {
    name: "wrong types, each with what to write",
    file: `cluster: { name: 7 }
source: { pageSize: many }
otlp:
  timeout: 10
  batch: { bytesMax: 1048576, delay: soon }
  tls: { insecureSkipVerify: "yes" }
http: { listen: 8080 }
`,
    printed: `
c.yaml:1:18: cluster.name: expected a text, got the number 7; put it in quotes
    1 | cluster: { name: 7 }
      |                  ^
c.yaml:2:21: source.pageSize: expected a whole number, got "many"
    2 | source: { pageSize: many }
      |                     ^^^^
c.yaml:4:12: otlp.timeout: expected a duration such as 500ms, 30s or 1h30m, got the number 10; did you mean \`10s\`?
    4 |   timeout: 10
      |            ^^
c.yaml:5:22: otlp.batch.bytesMax: expected a size such as 512KiB or 32MiB, got the number 1048576; did you mean \`1048576B\`?
    5 |   batch: { bytesMax: 1048576, delay: soon }
      |                      ^^^^^^^
c.yaml:5:38: otlp.batch.delay: expected a duration such as 500ms, 30s or 1h30m, got "soon"
    5 |   batch: { bytesMax: 1048576, delay: soon }
      |                                      ^^^^
c.yaml:6:30: otlp.tls.insecureSkipVerify: expected true or false, got "yes"
    6 |   tls: { insecureSkipVerify: "yes" }
      |                              ^^^^^
c.yaml:7:17: http.listen: expected a text, got the number 8080; put it in quotes
    7 | http: { listen: 8080 }
      |                 ^^^^`,
  },
  {
    name: "out of bounds",
    file: "otlp:\n  timeout: 1ms\n  requestsInFlightMax: 0\n  batch:\n    bytesMax: 1GiB\n  queue:\n    bytesMax: 1B\n",
    printed: `
c.yaml:2:12: otlp.timeout: must lie between 100ms and 10m
    2 |   timeout: 1ms
      |            ^^^
c.yaml:3:24: otlp.requestsInFlightMax: must be at least 1, got the number 0
    3 |   requestsInFlightMax: 0
      |                        ^
c.yaml:5:15: otlp.batch.bytesMax: must lie between 4KiB and 64MiB
    5 |     bytesMax: 1GiB
      |               ^^^^
c.yaml:7:15: otlp.queue.bytesMax: must lie between 64KiB and 16GiB
    7 |     bytesMax: 1B
      |               ^^`,
  },
  {
    name: "a word that is none of the choices",
    file: "output: stdot\nprocessor:\n  redact:\n    builtin: [bearer_tokn]\n",
    printed: `
c.yaml:1:9: output: expected \`otlp\` or \`stdout\`, got "stdot"; did you mean \`stdout\`?
    1 | output: stdot
      |         ^^^^^
c.yaml:4:15: processor.redact.builtin[0]: "bearer_tokn" is unknown; did you mean \`bearer_token\`?
    4 |     builtin: [bearer_tokn]
      |               ^^^^^^^^^^^`,
  },
  {
    name: "URLs without their scheme, or with another's",
    file: "otlp:\n  endpoint: collector:4318\n  logsEndpoint: grpc://user:hunter2@collector:4317\n",
    printed: `
c.yaml:2:13: otlp.endpoint: expected a URL that begins with http:// or https://; did you mean \`http://collector:4318\`?
    2 |   endpoint: collector:4318
      |             ^^^^^^^^^^^^^^
c.yaml:3:17: otlp.logsEndpoint: expected a URL that begins with http:// or https://
    3 |   logsEndpoint: …
      |                 ^`,
  },
  {
    name: "patterns",
    file: `processor:
  redact:
    patterns:
      - { name: a, pattern: "(" }
      - { name: a, pattern: "b*" }
      - { name: C, pattern: "(?=c)" }
      - { name: d, pattern: "" }
`,
    // The names are checked once all are right by themselves.
    printed: `
c.yaml:6:17: processor.redact.patterns[2].name: a name has lower-case letters, digits and \`_\`, and begins with a letter
    6 |       - { name: C, pattern: "(?=c)" }
      |                 ^
c.yaml:7:29: processor.redact.patterns[3].pattern: an empty pattern matches everywhere
    7 |       - { name: d, pattern: "" }
      |                             ^^`,
  },
  {
    name: "patterns that RE2 does not know",
    file: `processor:
  redact:
    patterns:
      - { name: a, pattern: "(" }
      - { name: a, pattern: "b*" }
      - { name: c, pattern: "(?=c)" }
`,
    printed: `
c.yaml:4:29: processor.redact.patterns[0].pattern: not a regular expression of RE2: missing closing ): \`(\`
    4 |       - { name: a, pattern: "(" }
      |                             ^^^
c.yaml:5:17: processor.redact.patterns[1].name: given twice; each pattern needs its own name
    5 |       - { name: a, pattern: "b*" }
      |                 ^
c.yaml:5:29: processor.redact.patterns[1].pattern: matches the empty text, so it would match everywhere
    5 |       - { name: a, pattern: "b*" }
      |                             ^^^^
c.yaml:6:29: processor.redact.patterns[2].pattern: not a regular expression of RE2: invalid or unsupported Perl syntax: \`(?=\`
    6 |       - { name: c, pattern: "(?=c)" }
      |                             ^^^^^^^`,
  },
  {
    name: "headers: names, values, and those that are ours; never a value",
    file: `otlp:
  headers:
    "Bad name": hunter2
    Authorization: 42
    Empty:
    X-Line: "hunter2\\nhunter2"
  headerFiles: { Content-Type: /token }
`,
    printed: `
c.yaml:3:5: otlp.headers.Bad name: not the name of an HTTP header
    3 |     "Bad name": …
      |     ^^^^^^^^^^
c.yaml:4:20: otlp.headers.Authorization: expected a text; put the value in quotes
    4 |     Authorization: …
      |                    ^
c.yaml:5:11: otlp.headers.Empty: expected a text; put the value in quotes
    5 |     Empty:
c.yaml:6:13: otlp.headers.X-Line: a header's value has no line breaks and no characters beyond Latin-1
    6 |     X-Line: …
      |             ^
c.yaml:7:16: otlp.headerFiles: content-type, content-encoding, content-length, host, connection, transfer-encoding are set by tidings itself
    7 |   headerFiles: { Content-Type: /token }
      |                ^^^^^^^^^^^^^^^^^^^^^^^^`,
  },
  {
    name: "a mistyped key of a secret does not show it, nor does its neighbour's fault",
    file: 'otlp: { header: { Authorization: hunter2 }, timeout: 5 }\ntoken: "hunter2"\n',
    printed: `
c.yaml:1:9: otlp.header: unknown key; did you mean \`headers\`?
    1 | otlp: { header: …
      |         ^^^^^^
c.yaml:1:54: otlp.timeout: expected a duration such as 500ms, 30s or 1h30m, got the number 5; did you mean \`5s\`?
    1 | otlp: { header: …
c.yaml:2:1: token: unknown key; there are cluster, kubernetes, leader, source, processor, output, otlp, http, log, stop, metrics
    2 | token: …
      | ^^^^^`,
  },
  {
    name: "files that are not there",
    file: "kubernetes: { kubeconfig: /no/kubeconfig }\notlp:\n  tls: { ca: /no/ca.crt }\n  headerFiles: { Authorization: /no/token }\n",
    printed: `
c.yaml:1:27: kubernetes.kubeconfig: cannot read \`/no/kubeconfig\`: there is no such file
    1 | kubernetes: { kubeconfig: /no/kubeconfig }
      |                           ^^^^^^^^^^^^^^
c.yaml:3:14: otlp.tls.ca: cannot read \`/no/ca.crt\`: there is no such file
    3 |   tls: { ca: /no/ca.crt }
      |              ^^^^^^^^^^
c.yaml:4:33: otlp.headerFiles.Authorization: cannot read \`/no/token\`: there is no such file
    4 |   headerFiles: { Authorization: /no/token }
      |                                 ^^^^^^^^^`,
  },
  {
    name: "a Lease whose times cannot work",
    file: `leader:
  leaseDuration: 8s
  retryPeriod: 4s
`,
    printed: `
c.yaml:2:18: leader.leaseDuration: \`leader.renewDeadline\` must be shorter than \`leader.leaseDuration\`: who could not renew has to stop before another takes over
    2 |   leaseDuration: 8s
      |                  ^^
c.yaml:3:16: leader.retryPeriod: must not be longer than a third of \`leader.renewDeadline\`
    3 |   retryPeriod: 4s
      |                ^^`,
  },
  {
    name: "settings that disagree",
    file: `otlp:
  tls: { key: c.yaml }
  retry: { delayMax: 100ms }
  batch: { bytesMax: 16KiB }
  queue: { bytesMax: 64KiB }
`,
    printed: `
c.yaml:2:15: otlp.tls.key: a key needs its client certificate; set \`otlp.tls.cert\` too
    2 |   tls: { key: c.yaml }
      |               ^^^^^^
c.yaml:3:22: otlp.retry.delayMax: \`otlp.retry.delayInitial\` must not be longer than \`otlp.retry.delayMax\`
    3 |   retry: { delayMax: 100ms }
      |                      ^^^^^
c.yaml:4:22: otlp.batch.bytesMax: \`processor.messageBytesMax\` must be at most half of \`otlp.batch.bytesMax\`, so that every record fits a batch
    4 |   batch: { bytesMax: 16KiB }
      |                      ^^^^^`,
  },
  {
    name: "a batch larger than the queue, and a certificate without its key",
    environment: { TIDINGS_OTLP_QUEUE_BYTES_MAX: "64KiB", TIDINGS_OTLP_TLS_CERT: "/no" },
    printed: `
TIDINGS_OTLP_TLS_CERT: otlp.tls.cert: a client certificate needs its key; set \`otlp.tls.key\` too
TIDINGS_OTLP_QUEUE_BYTES_MAX: otlp.queue.bytesMax: \`otlp.batch.bytesMax\` must not be larger than \`otlp.queue.bytesMax\`: a batch is made of what is queued
TIDINGS_OTLP_TLS_CERT: otlp.tls.cert: cannot read \`/no\`: there is no such file`,
  },
  {
    name: "the environment: unknown variables, values of the wrong kind, no YAML; Kubernetes' service links are none of ours",
    environment: {
      TIDINGS_OTLP_ENDPIONT: "x",
      TIDINGS_LOG_LEVEL: "loud",
      TIDINGS_METRICS_SERIES_MAX: "3",
      TIDINGS_PROCESSOR_FILTER_INCLUDE: "[",
      TIDINGS_OTLP_HEADERS: "{a: [hunter2]}",
      TIDINGS_SOURCE_PAGE_SIZE: "",
      TIDINGS_PORT: "tcp://10.0.0.1:8080",
      TIDINGS_PORT_8080_TCP_ADDR: "10.0.0.1",
      TIDINGS_SERVICE_HOST: "10.0.0.1",
      TIDINGS_METRICS_SERVICE_PORT_HTTP: "8080",
    },
    printed: `
TIDINGS_OTLP_ENDPIONT: no setting has this variable; did you mean \`TIDINGS_OTLP_ENDPOINT\`?
TIDINGS_PROCESSOR_FILTER_INCLUDE: processor.filter.include: expected a list of rules, written as YAML such as \`[a, b]\` or \`{a: b}\`
TIDINGS_OTLP_HEADERS: otlp.headers.a: expected a text; put the value in quotes
TIDINGS_LOG_LEVEL: log.level: expected \`debug\`, \`info\`, \`warn\` or \`error\`, got "loud"
TIDINGS_METRICS_SERIES_MAX: metrics.seriesMax: must be at least 10, got the number 3`,
  },
  {
    name: "OpenTelemetry's variables that would send to the wrong place",
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_HEADERS: "hunter2",
    },
    printed: `
OTEL_EXPORTER_OTLP_HEADERS: otlp.headers: expected name=value pairs with commas between, special characters percent-encoded
OTEL_EXPORTER_OTLP_PROTOCOL: tidings speaks http/protobuf, not grpc; set TIDINGS_OTLP_ENDPOINT to the OTLP/HTTP port, 4318 as a rule`,
  },
];

for (const { name, printed: expected, ...input } of cases) {
  test(`A faulty configuration says where and what: ${name}`, async () => {
    assert.equal(await printed(input), expected.slice(1));
  });
}

test("A configuration file that is not there is one fault, named after who asked for it", async () => {
  const files = memoryFiles({});
  const byFlag = await loadConfig({ file: "no.yaml", environment: { TIDINGS_CONFIG: "other.yaml" }, files });
  assert.deepEqual(byFlag.ok ? [] : byFlag.faults.map(formatFault), [
    "--config: cannot read `no.yaml`: there is no such file",
  ]);
  const byVariable = await loadConfig({ environment: { TIDINGS_CONFIG: "other.yaml" }, files });
  assert.deepEqual(byVariable.ok ? [] : byVariable.faults.map(formatFault), [
    "TIDINGS_CONFIG: cannot read `other.yaml`: there is no such file",
  ]);
});

test("An empty file, one of comments and sections without a line are the defaults", async () => {
  const expected = await loadConfig({ environment: {} });
  for (const text of ["", "# nothing yet\n", "otlp:\n  # timeout: 3s\nlog:\n  level:\n"]) {
    const result = await loadConfig({
      file: "c.yaml",
      environment: {},
      files: memoryFiles({ "c.yaml": text }),
    });
    assert.deepEqual(result.ok && result.config, expected.ok && expected.config);
  }
});
