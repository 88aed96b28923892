import assert from "node:assert/strict";
import { test } from "node:test";

import { callCli } from "./call-cli.ts";

test("`record` records into the file, as long as asked for, from the cluster asked for", async () => {
  const timed = await callCli(["record", "x.jsonl", "--duration", "1m30s", "--context", "staging"]);
  assert.deepEqual(timed.started, [["record", { file: "x.jsonl", durationMs: 90_000 }]]);
  assert.equal(timed.config?.kubernetes.context, "staging");
  assert.equal(timed.code, 7);
  const open = await callCli(["record", "x.jsonl"]);
  assert.deepEqual(open.started, [["record", { file: "x.jsonl", durationMs: undefined }]]);
});

test("`record` starts nothing with a faulty configuration", async () => {
  const { code, started, stderr } = await callCli(["record", "x.jsonl", "--kubeconfig", "/no/such/file"]);
  assert.deepEqual([code, started], [1, []]);
  assert.match(
    stderr,
    /^--kubeconfig: kubernetes\.kubeconfig: cannot read `\/no\/such\/file`: there is no such file\n/,
  );
});
