import assert from "node:assert/strict";
import { test } from "node:test";

import { callCli } from "./call-cli.ts";

test("`run` starts with the configuration of its flags and the environment, and ends with its exit code", async () => {
  const { code, started, config, stdout, stderr } = await callCli(
    (
      "run --context staging --cluster-name eu --start-from now " +
      "--output stdout --endpoint http://collector --log-level debug"
    ).split(" "),
    { environment: { TIDINGS_CLUSTER_NAME: "other", TIDINGS_HTTP_LISTEN: "off" } },
  );
  assert.deepEqual([code, started, stdout, stderr], [7, [["run"]], "", ""]);
  assert.ok(config !== undefined);
  assert.deepEqual(
    [config.kubernetes.context, config.cluster.name, config.source.startFrom, config.output],
    ["staging", "eu", "now", "stdout"],
  );
  assert.deepEqual(
    [config.otlp.url, config.log.level, config.http.listen],
    ["http://collector/v1/logs", "debug", undefined],
  );
});

test("`run` starts nothing with a faulty configuration: code 1, every fault, and what to do next", async () => {
  const { code, started, stdout, stderr } = await callCli(["run", "--endpoint", "collector"], {
    environment: { TIDINGS_LOG_LEVEL: "loud" },
  });
  assert.deepEqual([code, started, stdout], [1, [], ""]);
  assert.equal(
    stderr,
    `--endpoint: otlp.endpoint: expected a URL that begins with http:// or https://; did you mean \`http://collector\`?
TIDINGS_LOG_LEVEL: log.level: expected \`debug\`, \`info\`, \`warn\` or \`error\`, got "loud"

error: 2 faults in the configuration; nothing was started.
\`tidings check-config\` checks it again; with --effective and no file it shows every setting and its default.
`,
  );
});

test("What is odd in the environment is a warning on standard error, in colour at a terminal", async () => {
  const environment = { OTEL_EXPORTER_OTLP_TIMEOUT: "soon" };
  const words =
    'OTEL_EXPORTER_OTLP_TIMEOUT is ignored: expected a duration such as 500ms, 30s or 1h30m, got "soon"\n';
  assert.equal((await callCli(["run"], { environment })).stderr, `warning: ${words}`);
  const coloured = await callCli(["run"], { environment, isTTY: true });
  assert.equal(coloured.stderr, `\u001B[33mwarning:\u001B[39m ${words}`);
});
