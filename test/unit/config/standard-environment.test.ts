import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load-valid.ts";

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
