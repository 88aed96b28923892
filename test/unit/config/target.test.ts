import assert from "node:assert/strict";
import { test } from "node:test";

import type { Environment, GivenValue } from "../../../src/config/value-source.ts";
import { load } from "./load-valid.ts";

const flag = (path: string, value: string): GivenValue => ({ path: path.split("."), value, from: "--flag" });

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
