import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { suite, test } from "node:test";

import type { AdminParts } from "../../../src/lifecycle/admin-routes.ts";
import { createAdminServer } from "../../../src/lifecycle/admin-server.ts";
import { Metrics, metricsDefaults } from "../../../src/telemetry/metrics.ts";
import { eventually } from "../../eventually.ts";

const well = { ok: true, checks: [] };
const parts: AdminParts = {
  metrics: async () => ({ contentType: "text/plain", body: "m 1\n" }),
  health: { startup: () => well, live: () => well, ready: () => well },
};

interface Running extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

async function start(overrides: Partial<AdminParts> = {}, host = "127.0.0.1"): Promise<Running> {
  const server = createAdminServer({ host, port: 0 }, { ...parts, ...overrides });
  const end = new AbortController();
  const ended = server.run(end.signal);
  const { port } = await server.ready;
  const stop = async (): Promise<void> => {
    end.abort();
    await ended;
  };
  const authority = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${authority}:${port}`, port, stop, [Symbol.asyncDispose]: stop };
}

/** A connection that says `text` and then whatever the test makes it say. */
async function open(
  port: number,
  text: string,
): Promise<{ readonly socket: Socket; readonly received: () => string }> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString()));
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text);
  return { socket, received: () => received };
}

suite("admin server", () => {
  test("answers scrapes and probes over HTTP", async () => {
    await using server = await start();
    const response = await fetch(`${server.url}/metrics`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-length"), "4");
    assert.equal(await response.text(), "m 1\n");
    const head = await fetch(`${server.url}/livez`, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "3", ""]);
    const post = await fetch(`${server.url}/metrics`, { method: "POST", body: "x".repeat(1_000_000) });
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  });

  test("listens on IPv6", async (context) => {
    try {
      await using server = await start({}, "::1");
      assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
    } catch (error) {
      if (error instanceof Error && /EAFNOSUPPORT|no interface/.test(error.message))
        context.skip("no IPv6 here");
      else throw error;
    }
  });

  test("a port in use: the error says which one and what to change", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(address !== null && typeof address === "object");
    const server = createAdminServer({ host: "127.0.0.1", port: address.port }, parts);
    const message = `Cannot listen on 127.0.0.1:${address.port}: the port is in use. Stop what uses it, or set another address, or \`off\`, in http.listen (TIDINGS_HTTP_LISTEN)`;
    await assert.rejects(server.run(new AbortController().signal), { message });
    await assert.rejects(server.ready, { message });
    other.close();
    await once(other, "close");
  });

  test("an address that is not ours: the error says so", async () => {
    const server = createAdminServer({ host: "192.0.2.1", port: 0 }, parts);
    await assert.rejects(server.run(new AbortController().signal), {
      message: /^Cannot listen on 192\.0\.2\.1:0: no interface of this machine has that address/,
    });
  });

  test("metrics that cannot be made are a 500, and the server goes on", async () => {
    await using server = await start({
      metrics: async () => {
        throw new Error("no ledger");
      },
    });
    const response = await fetch(`${server.url}/metrics`);
    assert.deepEqual([response.status, await response.text()], [500, "Cannot answer: no ledger\n"]);
    assert.equal((await fetch(`${server.url}/livez`)).status, 200);
  });

  test("stops at once, whoever is still connected, and lets go of the port", async () => {
    const never = Promise.withResolvers<never>();
    await using server = await start({ metrics: () => never.promise });
    const idle = await open(server.port, "");
    const half = await open(server.port, "GET /livez HTTP/1.1\r\nhost: x\r\n");
    const waiting = await open(server.port, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    const kept = await open(server.port, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => kept.received().includes("200 OK"));
    const closed = [idle, half, waiting, kept].map(({ socket }) => once(socket, "close"));
    await server.stop();
    await Promise.all(closed);
    await assert.rejects(fetch(`${server.url}/livez`));
  });

  test("a head without end is refused", async () => {
    await using server = await start();
    const { socket, received } = await open(server.port, `GET /livez HTTP/1.1\r\nx: ${"y".repeat(9000)}\r\n`);
    await once(socket, "close");
    assert.match(received(), /^HTTP\/1\.1 431 /);
  });

  test("more connections than it allows are closed, and the others are served", async () => {
    await using server = await start();
    const sockets = await Promise.all(Array.from({ length: 80 }, async () => await open(server.port, "")));
    await eventually(() => sockets.filter(({ socket }) => socket.closed).length === 16);
    const survivor = sockets.find(({ socket }) => !socket.closed);
    survivor?.socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => survivor?.received().includes("200 OK"));
    for (const { socket } of sockets) socket.destroy();
  });

  test("stopped before it listens, it ends well", async () => {
    const server = createAdminServer({ host: "127.0.0.1", port: 0 }, parts);
    await server.run(AbortSignal.abort());
    await assert.rejects(server.ready, { message: "The admin server was stopped before it listened" });
  });

  test("the real metrics, with the process' own, in both formats", async () => {
    const counts = {
      filtered: 0,
      malformed: 0,
      warmed: 0,
      produced: 0,
      removed: 0,
      bookmarks: 0,
      bytes: 0,
      lagMs: 0,
    };
    const metrics = new Metrics(
      { ...metricsDefaults, version: "1.2.3" },
      {
        connected: () => false,
        leader: () => ({ isLeader: false, transitions: 0, checkpointAgeMs: 0, unsettled: 0 }),
        intake: () => ({ ...counts, received: 3, accepted: 3 }),
        delivery: () => ({
          accepted: 3,
          delivered: 1,
          rejected: { invalid: 0, too_large: 0, partial_success: 0, server_error: 0 },
          dropped: { stopped: 0 },
          queued: 2,
          queuedBytes: 99,
          oldestAgeMs: 1500,
          sends: { delivered: 1, retryable: 4, server_error: 0, held: 0, divide: 0, rejected: 0, aborted: 0 },
        }),
      },
      { monotonicMs: () => 0 },
      () => {},
    );
    await using server = await start({ metrics: (accept) => metrics.render(accept) });
    for (const accept of ["text/plain", "application/openmetrics-text; version=1.0.0"]) {
      const response = await fetch(`${server.url}/metrics`, { headers: { accept } });
      assert.ok(response.headers.get("content-type")?.startsWith(accept.split(";")[0] ?? ""));
      const text = await response.text();
      for (const line of [
        "tidings_intake_received_total 3",
        "tidings_queue_oldest_age_seconds 1.5",
        "tidings_watch_connected 0",
        'tidings_sends_total{outcome="retryable"} 4',
      ]) {
        assert.ok(text.includes(`\n${line}\n`), line);
      }
      assert.match(text, /^process_resident_memory_bytes \d+$/m);
      assert.match(text, /^process_cpu_seconds_total \d/m);
      assert.match(text, /^nodejs_eventloop_lag_p99_seconds \d/m);
    }
  });
});
