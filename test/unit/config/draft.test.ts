import assert from "node:assert/strict";
import { test } from "node:test";

import type { GivenValue } from "../../../src/config/value-source.ts";
import { load } from "./load-valid.ts";

const flag = (path: string, value: string): GivenValue => ({ path: path.split("."), value, from: "--flag" });
const urlOf = async (...given: Parameters<typeof load>) => (await load(...given)).config.otlp.url;

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
