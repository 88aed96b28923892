import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** The process edge: what only a process of its own can show. */
const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

function call(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: {},
  });
  return { status, stdout: stdout.length > 0, stderr: stderr.length > 0 };
}

test("Exit codes: 0, 1 for a failure, 2 for wrong usage; each stream has only its own", () => {
  assert.deepEqual(call("version"), { status: 0, stdout: true, stderr: false });
  assert.deepEqual(call("check-config", "--endpoint", "x"), { status: 1, stdout: false, stderr: true });
  assert.deepEqual(call("--colour"), { status: 2, stdout: false, stderr: true });
});

test("A reader that has seen enough ends it without a word", () => {
  const { stdout, stderr } = spawnSync(
    "/bin/sh",
    ["-c", `{ "$0" "$1" check-config --effective; echo "code $?" >&2; } | true`, process.execPath, main],
    { encoding: "utf8", env: {} },
  );
  assert.deepEqual([stdout, stderr], ["", "code 0\n"]);
});

test("Help needs none of the heavy parts", () => {
  const { stderr } = spawnSync(process.execPath, [main, "run", "--help"], {
    encoding: "utf8",
    env: { NODE_DEBUG: "esm" },
  });
  for (const part of ["zod", "yaml", "@kubernetes/client-node", "prom-client", "re2js"]) {
    assert.ok(!stderr.includes(`node_modules/${part}/`), part);
  }
  assert.ok(stderr.includes("node_modules/commander/"), "NODE_DEBUG shows what is loaded");
});

/** `tidings run`, once it has asked an API server that never answers; then the signal. */
async function runUntil(signal: NodeJS.Signals, ...nodeArgs: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), "tidings-"));
  const server = createServer();
  const asked = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const kubeconfig = join(directory, "kubeconfig");
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: "u", user: {} }],
      }),
    );
    const child = spawn(
      process.execPath,
      [...nodeArgs, main, "run", "--kubeconfig", kubeconfig, "--output", "stdout"],
      { env: { TIDINGS_HTTP_LISTEN: "off" }, stdio: ["ignore", "ignore", "pipe"] },
    );
    const stderr = text(child.stderr);
    const exit = once(child, "exit");
    const [socket] = await asked;
    child.kill(signal);
    const [code] = await exit;
    socket.destroy();
    return { code, lastLine: (await stderr).trimEnd().split("\n").at(-1) ?? "" };
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

test("SIGTERM ends `run` with 0, Ctrl-C with 130", async () => {
  assert.equal((await runUntil("SIGTERM")).code, 0);
  assert.equal((await runUntil("SIGINT")).code, 130);
});

test("A fault of our own is one JSON line without secrets, and exit code 70", async () => {
  // In pieces: the script itself stands in the stack.
  const throws =
    "process.on('SIGUSR2', () => { throw new TypeError('lost http://user:' + 'hunt' + 'er2@host') })";
  const { code, lastLine } = await runUntil(
    "SIGUSR2",
    "--import",
    `data:text/javascript,${encodeURIComponent(throws)}`,
  );
  assert.equal(code, 70);
  const line: unknown = JSON.parse(lastLine);
  assert.ok(
    typeof line === "object" && line !== null && "message" in line && "error" in line && "stack" in line,
  );
  assert.equal(
    line.message,
    "Stopped by a fault in tidings itself, please report it: lost http://[secret]@host",
  );
  assert.equal(line.error, "TypeError");
  assert.ok(!lastLine.includes("hunter2"));
});
