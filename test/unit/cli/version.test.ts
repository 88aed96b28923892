import assert from "node:assert/strict";
import { test } from "node:test";

import { packageVersion } from "../../../src/cli/package-version.ts";
import { callCli } from "./call-cli.ts";

const node = process.versions.node;

test("`version` says which tidings, which Node.js and which mapping", async () => {
  const { code, stdout } = await callCli(["version"]);
  assert.deepEqual([code, stdout], [0, `tidings ${packageVersion()} (Node.js ${node}, OTLP mapping 1)\n`]);
  assert.equal((await callCli(["--version"])).stdout, `${packageVersion()}\n`);
});

test("`version -o json` is one line for programs, with its own version", async () => {
  const { stdout } = await callCli(["version", "-o", "json"]);
  assert.deepEqual(JSON.parse(stdout), {
    apiVersion: "tidings/v1",
    kind: "Version",
    version: packageVersion(),
    node,
    mapping: "1",
  });
});
