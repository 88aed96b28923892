import assert from "node:assert/strict";
import { test } from "node:test";

import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { Environment, GivenValue } from "../../../src/config/value-source.ts";
import { memoryFiles } from "./memory-files.ts";

async function load(
  environment: Environment,
  file = "",
  flags: readonly GivenValue[] = [],
): Promise<{ readonly config: Config; readonly warnings: readonly string[] }> {
  const texts = { "c.yaml": file, "ca.crt": "", "cert.crt": "", "key.pem": "", kube: "" };
  const result = await loadConfig({ file: "c.yaml", flags, environment, files: memoryFiles(texts) });
  if (result.ok) return result;
  throw new assert.AssertionError({ message: JSON.stringify(result.faults) });
}

const flag = (path: string, value: string): GivenValue => ({ path: path.split("."), value, from: "--flag" });

const urlOf = async (...given: Parameters<typeof load>) => (await load(...given)).config.otlp.url;
const listen = async (text: string) => (await load({ TIDINGS_HTTP_LISTEN: text })).config.http.listen;

test("A flag wins over TIDINGS_…, that over the file, that over OTEL_…, that over the default", async () => {
  const otel = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel" };
  const variable = { ...otel, TIDINGS_OTLP_ENDPOINT: "http://variable" };
  const file = "otlp: { endpoint: http://file }";
  assert.equal(await urlOf({}), "http://localhost:4318/v1/logs");
  assert.equal(await urlOf(otel), "http://otel/v1/logs");
  assert.equal(await urlOf(otel, file), "http://file/v1/logs");
  assert.equal(await urlOf(variable, file), "http://variable/v1/logs");
  assert.equal(await urlOf(variable, file, [flag("otlp.endpoint", "http://flag")]), "http://flag/v1/logs");
});

const endpoints: readonly {
  readonly name: string;
  readonly environment?: Environment;
  readonly file?: string;
  readonly flags?: readonly GivenValue[];
  readonly url: string;
}[] = [
  {
    name: "the base keeps its path",
    file: "otlp: { endpoint: http://h/otlp/ }",
    url: "http://h/otlp/v1/logs",
  },
  {
    name: "and its query",
    file: "otlp: { endpoint: 'http://h/otlp?a=b' }",
    url: "http://h/otlp/v1/logs?a=b",
  },
  { name: "the logs endpoint is as it is", file: "otlp: { logsEndpoint: http://h/in }", url: "http://h/in" },
  { name: "or the root", file: "otlp: { logsEndpoint: http://h }", url: "http://h/" },
  {
    name: "of one source, the logs endpoint wins",
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://a",
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://b/logs",
    },
    url: "http://b/logs",
  },
  {
    name: "a file's endpoint makes OpenTelemetry's logs endpoint void",
    environment: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://b/logs" },
    file: "otlp: { endpoint: http://file }",
    url: "http://file/v1/logs",
  },
  {
    name: "a flag's endpoint makes the file's logs endpoint void",
    file: "otlp: { logsEndpoint: http://file/logs }",
    flags: [flag("otlp.endpoint", "http://flag")],
    url: "http://flag/v1/logs",
  },
  {
    name: "a variable's logs endpoint wins over the file's endpoint",
    environment: { TIDINGS_OTLP_LOGS_ENDPOINT: "http://variable/logs" },
    file: "otlp: { endpoint: http://file }",
    url: "http://variable/logs",
  },
];

for (const { name, environment, file, flags, url } of endpoints) {
  test(`The URL of the logs: ${name}`, async () => {
    assert.equal((await load(environment ?? {}, file, flags)).config.otlp.url, url);
  });
}

test("A user in the URL becomes basic authentication, unless a header says otherwise", async () => {
  const withUser = await load({}, "otlp: { endpoint: 'https://us%40er:p%3Ass@h' }");
  assert.equal(withUser.config.otlp.url, "https://h/v1/logs");
  assert.deepEqual(withUser.config.otlp.headers, { authorization: `Basic ${btoa("us@er:p:ss")}` });
  const withHeader = await load(
    {},
    "otlp: { endpoint: 'https://u:p@h', headers: { Authorization: Bearer x } }",
  );
  assert.deepEqual(withHeader.config.otlp.headers, { authorization: "Bearer x" });
});

test("OpenTelemetry's variables mean what its specification says", async () => {
  const { config, warnings } = await load({
    OTEL_EXPORTER_OTLP_HEADERS: " api-key=a%20b%3D , X-Scope-OrgID=team%2Ca,",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    OTEL_EXPORTER_OTLP_COMPRESSION: "none",
    OTEL_EXPORTER_OTLP_CERTIFICATE: "ca.crt",
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: "cert.crt",
    OTEL_EXPORTER_OTLP_CLIENT_KEY: "key.pem",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_RESOURCE_ATTRIBUTES: "k8s.cluster.name=eu%201,service.name=other,team=x",
    KUBECONFIG: "kube:missing",
  });
  assert.deepEqual(config.otlp.headers, { "api-key": "a b=", "x-scope-orgid": "team,a" });
  assert.equal(config.otlp.timeoutMs, 2500);
  assert.equal(config.otlp.compression, "none");
  assert.deepEqual(
    [config.otlp.tls.ca, config.otlp.tls.cert, config.otlp.tls.key],
    ["ca.crt", "cert.crt", "key.pem"],
  );
  assert.equal(config.cluster.name, "eu 1");
  assert.equal(config.otlp.serviceName, "other");
  assert.equal(config.kubernetes.kubeconfig, "kube:missing");
  assert.deepEqual(warnings, []);
});

test("OpenTelemetry's variables for logs win over the general ones, and OTEL_SERVICE_NAME over the attributes", async () => {
  const { config } = await load({
    OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "3500",
    OTEL_EXPORTER_OTLP_HEADERS: "a=b",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "c=d",
    OTEL_SERVICE_NAME: "named",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=attributed",
  });
  assert.equal(config.otlp.timeoutMs, 3500);
  assert.deepEqual(config.otlp.headers, { c: "d" });
  assert.equal(config.otlp.serviceName, "named");
});

test("What OpenTelemetry's variables say that cannot be understood is a warning, and the default holds", async () => {
  const { config, warnings } = await load({
    OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
    OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
  });
  assert.equal(config.otlp.timeoutMs, 10_000);
  assert.equal(config.otlp.compression, "gzip");
  assert.deepEqual(warnings, [
    'OTEL_EXPORTER_OTLP_COMPRESSION is ignored: expected `gzip` or `none`, got "zstd"',
    'OTEL_EXPORTER_OTLP_TIMEOUT is ignored: expected a duration such as 500ms, 30s or 1h30m, got "soon"',
    "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is ignored: tidings speaks http/protobuf",
  ]);
});

test("Lists, mappings, numbers and truths come from the environment as YAML; texts as they stand", async () => {
  const { config } = await load({
    TIDINGS_OTLP_HEADERS: "{ X-Scope-OrgID: team-a }",
    TIDINGS_OTLP_TLS_INSECURE_SKIP_VERIFY: "true",
    TIDINGS_OTLP_BATCH_RECORDS_MAX: "7",
    TIDINGS_PROCESSOR_REDACT_BUILTIN: "[jwt]",
    TIDINGS_CLUSTER_NAME: "007",
    TIDINGS_HTTP_LISTEN: "off",
  });
  assert.deepEqual(config.otlp.headers, { "x-scope-orgid": "team-a" });
  assert.equal(config.otlp.tls.insecureSkipVerify, true);
  assert.equal(config.otlp.batch.recordsMax, 7);
  assert.deepEqual(config.processor.redact.builtin, ["jwt"]);
  assert.equal(config.cluster.name, "007");
  assert.equal(config.http.listen, undefined);
});

test("Addresses to listen on", async () => {
  assert.deepEqual(await listen("127.0.0.1:0"), { host: "127.0.0.1", port: 0 });
  assert.deepEqual(await listen(":8080"), { host: "::", port: 8080 });
  assert.deepEqual(await listen("[::1]:65535"), { host: "::1", port: 65_535 });
  await assert.rejects(listen("localhost"));
  await assert.rejects(listen("localhost:65536"));
});
