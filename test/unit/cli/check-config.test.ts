import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { callCli } from "./call-cli.ts";

const withoutComments = (text: string) => text.replaceAll(/^ *#.*\n/gm, "").replaceAll(/ #.*$/gm, "");

/** A file on the real disk, for as long as the test runs. */
function temporaryFile(text: string): Disposable & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), "tidings-"));
  const path = join(directory, "tidings.yaml");
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("A valid configuration is one line that says where Events would go", async () => {
  using file = temporaryFile("otlp: { endpoint: 'https://user:hunter2@collector/in' }\n");
  const byFlag = await callCli(["check-config", "--config", file.path]);
  assert.deepEqual(
    [byFlag.code, byFlag.stdout, byFlag.stderr, byFlag.started],
    [0, `${file.path} is valid: Events go to https://collector/in/v1/logs.\n`, "", []],
  );
  const byVariable = await callCli(["check-config"], { environment: { TIDINGS_CONFIG: file.path } });
  assert.equal(byVariable.stdout, byFlag.stdout);
  const none = await callCli(["check-config", "--output", "stdout"]);
  assert.equal(none.stdout, "The configuration (no file) is valid: Events go to standard output.\n");
});

test("A faulty configuration is code 1, with the faults on standard error and nothing on standard output", async () => {
  using file = temporaryFile("otlp:\n  timeout: 10\n");
  const { code, stdout, stderr } = await callCli(["check-config", "--effective", "-c", file.path]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `${file.path}:2:12: otlp.timeout: expected a duration such as 500ms, 30s or 1h30m, got the number 10; did you mean \`10s\`?
    2 |   timeout: 10
      |            ^^

error: 1 fault in the configuration; nothing was started.
\`tidings check-config\` checks it again; with --effective and no file it shows every setting and its default.
`,
  );
});

test("Files that are directories, or not there, are said so", async () => {
  for (const [path, reason] of [
    [tmpdir(), "it is a directory"],
    ["/no/such/file", "there is no such file"],
    ["/dev/null/x", "a part of its path is no directory"],
  ]) {
    const { stderr } = await callCli(["check-config", "--config", path ?? ""]);
    assert.match(stderr, new RegExp(`^--config: cannot read \`${path}\`: ${reason}\n`));
    const byRule = await callCli(["check-config", "--kubeconfig", path ?? ""]);
    assert.match(
      byRule.stderr,
      new RegExp(`^--kubeconfig: kubernetes.kubeconfig: cannot read \`${path}\`: ${reason}\n`),
    );
  }
});

test("`--effective` prints nothing but YAML, which is valid again", async () => {
  const first = await callCli(["check-config", "--effective", "--cluster-name", "eu"], {
    environment: { OTEL_EXPORTER_OTLP_TIMEOUT: "soon" },
  });
  assert.match(first.stderr, /^warning: OTEL_EXPORTER_OTLP_TIMEOUT is ignored/);
  assert.match(first.stdout, /^cluster:\n {2}name: eu # --cluster-name\n/);
  using file = temporaryFile(first.stdout);
  const second = await callCli(["check-config", "--effective", "--config", file.path]);
  assert.equal(withoutComments(second.stdout), withoutComments(first.stdout));
});
