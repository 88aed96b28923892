import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load-valid.ts";

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
