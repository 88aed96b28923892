import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { readRecording, type RecordedFrame } from "../../../src/source/recording.ts";
import { eventually } from "../../eventually.ts";
import { temporaryFolder, type TemporaryFolder } from "../../unit/net/temporary-folder.ts";
import { startSurroundings, type Surroundings } from "../app-world.ts";
import { authority } from "../net/certificates.ts";

/** The commands as processes: what only a process shows. The whole application is tried in app.test.ts. */
const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** A kubeconfig for the stand-in API server. */
function kubeconfigIn(folder: TemporaryFolder, { apiFace }: Surroundings): string {
  const path = join(folder.path, "kubeconfig");
  const ca = Buffer.from(authority.caPem).toString("base64");
  writeFileSync(
    path,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: apiFace.origin, "certificate-authority-data": ca } }],
      users: [{ name: "u", user: { token: "good" } }],
    }),
  );
  return path;
}

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  readonly code: Promise<number | null>;
}

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { TIDINGS_HTTP_LISTEN: "off", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  return {
    child,
    stdout: text(child.stdout),
    stderr: text(child.stderr),
    code: ended.then(() => child.exitCode),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function framesOf(frames: AsyncIterable<RecordedFrame>): Promise<readonly RecordedFrame[]> {
  const all: RecordedFrame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

suite("run", () => {
  test("delivers what was read on SIGTERM, and ends with 0", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    surroundings.put(20);
    const kubeconfig = kubeconfigIn(folder, surroundings);
    await using run = start(["run", "--kubeconfig", kubeconfig, "--endpoint", surroundings.relay.origin], {
      TIDINGS_OTLP_BATCH_DELAY: "1m",
    });
    await eventually(() => surroundings.apiServer.openWatches === 1, 20_000);
    assert.equal(surroundings.receiver.recordCount, 0, "the batch waits for more");
    run.child.kill("SIGTERM");
    assert.equal(await run.code, 0);
    assert.deepEqual(surroundings.received.toSorted(), surroundings.expected.toSorted());
    assert.equal(await run.stdout, "");
    assert.match((await run.stderr).trimEnd().split("\n").at(-1) ?? "", /"notice":"stopped","undelivered":0/);
  });

  test("a second SIGTERM ends it at once, whatever waits for the endpoint", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    surroundings.put(20);
    surroundings.relay.refuse();
    const kubeconfig = kubeconfigIn(folder, surroundings);
    await using run = start(["run", "--kubeconfig", kubeconfig, "--endpoint", surroundings.relay.origin], {
      TIDINGS_STOP_GRACE_PERIOD: "1h",
    });
    await eventually(() => surroundings.apiServer.openWatches === 1, 20_000);
    run.child.kill("SIGTERM");
    // It has heard the first when it has stopped reading.
    await eventually(() => surroundings.apiServer.openWatches === 0, 20_000);
    run.child.kill("SIGTERM");
    assert.equal(await run.code, 143);
  });

  test("into a pipe whose reader has seen enough ends with 0 and without a word of failure", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    surroundings.put(2000);
    const kubeconfig = kubeconfigIn(folder, surroundings);
    const script = `{ "$0" "$@"; echo "code $?" >&2; } | head -n 1`;
    const child = spawn(
      "/bin/sh",
      ["-c", script, process.execPath, main, "run", "--kubeconfig", kubeconfig, "--output", "stdout"],
      { env: { TIDINGS_HTTP_LISTEN: "off", PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "pipe"] },
    );
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.ok(stdout.startsWith('{"resourceLogs":['));
    assert.match(stderr, /code 0\n$/);
    assert.doesNotMatch(stderr, /"level":"error"|^error:/m);
  });
});

suite("record", () => {
  for (const name of ["recording.jsonl", "recording.jsonl.gz"]) {
    test(`writes ${name}, which can be read again, without secrets`, async () => {
      await using surroundings = await startSurroundings();
      await using folder = await temporaryFolder();
      const file = join(folder.path, name);
      surroundings.put(30);
      surroundings.put(1, "cloning https://user:hunter2@git.example/x failed");
      const kubeconfig = kubeconfigIn(folder, surroundings);
      await using record = start(["record", file, "--kubeconfig", kubeconfig], {
        TIDINGS_CLUSTER_NAME: "lab",
      });
      await eventually(() => surroundings.apiServer.openWatches === 1, 20_000);
      record.child.kill("SIGTERM");
      assert.equal(await record.code, 0);
      const [, count = "0"] = /^Recorded (\d+) Events in /m.exec(await record.stderr) ?? [];

      const { header, frames } = await readRecording(file);
      assert.equal(header.cluster, "lab");
      const read = await framesOf(frames);
      assert.deepEqual([read.length, count], [31, "31"]);
      assert.deepEqual(
        new Set(read.map(({ object }) => `${object.metadata.uid}/${object.metadata.resourceVersion}`)),
        new Set(surroundings.expected),
      );
      assert.ok(read.some(({ object }) => object.note?.startsWith("cloning ") === true));
      assert.ok(!JSON.stringify(read).includes("hunter2"));
    });
  }

  test("never writes over a file, and says so before it asks the cluster anything", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    const kubeconfig = kubeconfigIn(folder, surroundings);
    for (const name of ["old.jsonl", "old.jsonl.gz"]) {
      const file = join(folder.path, name);
      writeFileSync(file, "precious");
      await using record = start(["record", file, "--kubeconfig", kubeconfig]);
      assert.equal(await record.code, 1);
      assert.match(await record.stderr, new RegExp(`^error: ${file} exists already; give another name`, "m"));
      assert.equal(readFileSync(file, "utf8"), "precious");
    }
    assert.deepEqual(surroundings.apiServer.requests, []);
  });

  test("ends by itself when its time is over; with nothing to record the file is a recording all the same", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    const file = join(folder.path, "quiet.jsonl");
    const kubeconfig = kubeconfigIn(folder, surroundings);
    await using record = start(["record", file, "--kubeconfig", kubeconfig, "--duration", "300ms"]);
    assert.equal(await record.code, 0);
    assert.ok(existsSync(file));
    const { frames } = await readRecording(file);
    assert.deepEqual(await framesOf(frames), []);
  });
});

suite("demo", () => {
  test("plays the recording whole, shows both identities, and is plain text in a pipe", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, "demo", "--speed", "max"], {
      encoding: "utf8",
      env: {},
    });
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.ok(!stdout.includes("\u001B"), "an escape code");
    const records = stdout.split("\n").filter((line) => /^\d\d:\d\d:\d\d|^\d{4}-\d\d-\d\dT/.test(line));
    assert.equal(records.length, 247);
    assert.match(stdout, /^247 received = 247 accepted \+ 0 filtered \+ 0 malformed$/m);
    assert.match(stdout, /^247 accepted = 247 delivered \+ 0 rejected \+ 0 dropped \+ 0 queued$/m);
  });
});
