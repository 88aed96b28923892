import assert from "node:assert/strict";
import { test } from "node:test";

import { callCli } from "./call-cli.ts";

const help = `Usage: tidings [options] [command]

Kubernetes Events, delivered: every Event of a cluster as an OpenTelemetry log record.

Options:
  -V, --version            print the version
  -h, --help               show help

Export:
  run [options]            watch a cluster and export its Events until told to stop
  demo [options]           play a recorded cluster through the exporter; needs no cluster
  record [options] <file>  record the Events of a cluster into a file

Look:
  check-config [options]   check the configuration; show what is in force
  version [options]        print the version
  help [command]           show help of a command

Begin here:
  tidings demo                                 see it work, without a cluster
  tidings run --output stdout                  the Events of the cluster that kubectl talks to
  tidings run --endpoint http://localhost:4318 into your OpenTelemetry Collector

`;

for (const args of [[], ["--help"], ["-h"], ["help"]]) {
  test(`\`tidings ${args.join(" ")}\` shows on standard output where to begin`, async () => {
    assert.deepEqual(await callCli(args), {
      code: 0,
      stdout: help,
      stderr: "",
      started: [],
      config: undefined,
    });
  });
}

test("Help has headings in bold at a terminal, and none elsewhere or where NO_COLOR asks for it", async () => {
  const bold = "\u001B[1mUsage:\u001B[22m";
  assert.ok((await callCli(["--help"], { isTTY: true })).stdout.startsWith(bold));
  assert.ok((await callCli(["--help"], { environment: { FORCE_COLOR: "1" } })).stdout.startsWith(bold));
  assert.equal((await callCli(["--help"])).stdout, help);
  const quiet = await callCli(["--help"], { isTTY: true, environment: { NO_COLOR: "1" } });
  assert.equal(quiet.stdout, help);
});

test("Every command explains itself, with examples", async () => {
  for (const command of ["run", "demo", "record", "check-config"]) {
    const { code, stdout, stderr } = await callCli([command, "--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^Usage: tidings ${command} `));
    assert.match(stdout, new RegExp(`\\nExamples:\\n(.*\\n)*.*tidings ${command} `));
    assert.equal((await callCli(["help", command])).stdout, stdout);
  }
});

const usageErrors: readonly (readonly [args: string, stderr: string])[] = [
  ["rnu", "error: unknown command 'rnu'\n(Did you mean run?)\nSee `tidings --help`.\n"],
  ["run --ouput x", "error: unknown option '--ouput'\n(Did you mean --output?)\nSee `tidings run --help`.\n"],
  [
    "run --output file",
    "error: option '--output <kind>' argument 'file' is invalid. Allowed choices are otlp, stdout.\nSee `tidings run --help`.\n",
  ],
  [
    "run extra",
    "error: too many arguments for 'run'. Expected 0 arguments but got 1: extra.\nSee `tidings run --help`.\n",
  ],
  ["record", "error: missing required argument 'file'\nSee `tidings record --help`.\n"],
  [
    "record x --duration soon",
    "error: option '--duration <time>' argument 'soon' is invalid. Give a time such as 30s, 10m or 1h.\nSee `tidings record --help`.\n",
  ],
  [
    "demo --speed fast",
    "error: option '--speed <times>' argument 'fast' is invalid. Give a number such as 10, up to 1000000, or `max`.\nSee `tidings demo --help`.\n",
  ],
  [
    "demo --endpoint collector:4318",
    "error: option '--endpoint <url>' argument 'collector:4318' is invalid. Expected a URL that begins with http:// or https://; did you mean `http://collector:4318`?\nSee `tidings demo --help`.\n",
  ],
];

for (const [args, stderr] of usageErrors) {
  test(`\`tidings ${args}\` is wrong usage: code 2, and what to do next`, async () => {
    const ended = await callCli(args.split(" "));
    assert.deepEqual(ended, { code: 2, stdout: "", stderr, started: [], config: undefined });
  });
}
