import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { Writable } from "node:stream";
import { suite, test } from "node:test";

import { inClusterAccess } from "../../src/kubernetes/in-cluster.ts";
import type { RunEnd } from "../../src/lifecycle/run-all.ts";
import type { Runtime } from "../../src/shared/runtime.ts";
import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { eventually } from "../eventually.ts";
import { temporaryFolder } from "../unit/net/temporary-folder.ts";
import {
  accessTo,
  Collected,
  startApp,
  startSurroundings,
  textOf,
  type RunningApp,
  type Surroundings,
} from "./app-world.ts";
import { authority, otherAuthority } from "./net/certificates.ts";

/** Everything that was put is there, once. */
function exactlyOnce({ expected, received }: Surroundings): void {
  assert.deepEqual(received.toSorted(), expected.toSorted());
}

function messageOf(end: RunEnd): string {
  assert.equal(end.kind, "failed");
  return end.kind === "failed" ? String(end.faults[0].error) : "";
}

/** Value of a line of `/metrics`, summed over labels. */
function valueOf(metrics: string, name: string): number {
  let sum = 0;
  for (const line of metrics.split("\n")) {
    if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.split(" ").at(-1));
  }
  return sum;
}

async function get(
  { app }: RunningApp,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  assert.ok(app.listening !== undefined);
  const { port } = await app.listening;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  return { status: response.status, text: await response.text() };
}

/** The machine's time, with a monotonic clock that can be put forward. */
function movedRuntime(): Runtime & { move(ms: number): void } {
  let movedMs = 0;
  return {
    ...systemRuntime,
    monotonicMs: () => systemRuntime.monotonicMs() + movedMs,
    move(ms) {
      movedMs += ms;
    },
  };
}

suite("from Events to records", () => {
  test("what was stored and what comes stands at the endpoint, each once, with its cluster and its object", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(100);
    await using running = await startApp(surroundings);
    await eventually(() => running.app.ledgers.connected());
    surroundings.put(100);
    await eventually(() => surroundings.receiver.recordCount === 200);
    exactlyOnce(surroundings);

    const last = surroundings.receiver.records.find(({ record }) =>
      textOf(record.attributes.get("log.record.uid")).startsWith("uid-200/"),
    );
    assert.equal(last?.resource.attributes.get("k8s.cluster.name"), "test");
    assert.equal(last.resource.attributes.get("k8s.cluster.uid"), "6f8c1a52-0c3e-4b6e-9d57-3f1d5e9a7b10");
    assert.equal(last.resource.attributes.get("k8s.namespace.name"), "n2");
    assert.equal(last.record.body, "something happened");
    assert.equal(last.record.severityText, "Warning");
    assert.deepEqual(await running.stop(), { kind: "stopped" });
  });

  test("both identities hold on /metrics, whenever it is read", async () => {
    await using surroundings = await startSurroundings();
    await using running = await startApp(surroundings, {
      processor: { filter: { exclude: [{ namespaces: ["n1"] }] } },
      otlp: { batch: { recordsMax: 20, delay: "0s" } },
    });
    await eventually(() => running.app.ledgers.connected());
    surroundings.receiver.inject({ kind: "answer", count: 2, status: 503 });
    let metrics = "";
    for (let round = 0; round < 20; round += 1) {
      surroundings.put(150);
      if (round === 10) surroundings.apiServer.inject({ kind: "watch_line", line: "{oops" });
      metrics = (await get(running, "/metrics")).text;
      const of = (name: string): number => valueOf(metrics, `tidings_${name}`);
      assert.equal(
        of("intake_received_total"),
        of("intake_filtered_total") + of("intake_malformed_total") + of("intake_accepted_total"),
      );
      assert.equal(
        of("records_accepted_total"),
        of("records_delivered_total") +
          of("records_rejected_total") +
          of("records_dropped_total") +
          of("records_queued"),
      );
    }
    await eventually(async () => {
      metrics = (await get(running, "/metrics")).text;
      return valueOf(metrics, "tidings_records_delivered_total") === 2000;
    });
    assert.equal(valueOf(metrics, "tidings_intake_received_total"), 3001);
    assert.equal(valueOf(metrics, "tidings_intake_malformed_total"), 1);
    assert.equal(valueOf(metrics, "tidings_events_total"), 2000);
  });

  test("Loki's dialect: one stream a request, and 204 is an answer", async () => {
    const streams: number[] = [];
    await using surroundings = await startSurroundings({
      paths: ["/otlp/v1/logs"],
      successStatus: 204,
      onRecords: (records) => {
        streams.push(
          new Set(records.map(({ resource }) => resource.attributes.get("k8s.namespace.name"))).size,
        );
      },
    });
    surroundings.put(300);
    await using running = await startApp(surroundings, {
      otlp: { endpoint: `${surroundings.relay.origin}/otlp`, dialect: "loki" },
    });
    await eventually(() => surroundings.receiver.recordCount === 300);
    exactlyOnce(surroundings);
    assert.ok(streams.every((count) => count === 1));
    await running.stop();
  });

  test("two whole applications in one process know nothing of each other", async () => {
    await using one = await startSurroundings();
    await using other = await startSurroundings();
    one.put(50);
    other.put(70);
    await using first = await startApp(one);
    await using second = await startApp(other);
    await eventually(() => one.receiver.recordCount === 50 && other.receiver.recordCount === 70);
    await first.stop();
    other.put(30);
    await eventually(() => other.receiver.recordCount === 100);
    exactlyOnce(one);
    exactlyOnce(other);
    const { text } = await get(second, "/metrics");
    assert.equal(valueOf(text, "tidings_records_delivered_total"), 100);
    assert.equal(second.said("stopping").length, 0);
  });
});

suite("a backend that is away", () => {
  test("at the start, and once more later: nothing is missing, nothing comes twice", async () => {
    await using surroundings = await startSurroundings();
    surroundings.relay.refuse();
    surroundings.put(200);
    await using running = await startApp(surroundings);
    await eventually(() => running.said("backend_failed").length > 0);
    await eventually(async () => (await get(running, "/readyz")).status === 200);
    surroundings.relay.accept();
    // Not before every answer is here: of a lost one, the same records would come twice.
    await eventually(() => running.app.ledgers.delivery().delivered === 200);
    surroundings.relay.refuse();
    surroundings.relay.cut();
    surroundings.put(200);
    await eventually(() => running.app.ledgers.delivery().queued === 200);
    surroundings.relay.accept();
    await eventually(() => running.app.ledgers.delivery().delivered === 400);
    exactlyOnce(surroundings);
  });

  test("until the queue is full, the API server is let go, liveness stays, and all comes when it is back", async () => {
    await using surroundings = await startSurroundings();
    const runtime = movedRuntime();
    await using running = await startApp(
      surroundings,
      { otlp: { queue: { bytesMax: "64KiB" } } },
      { runtime },
    );
    await eventually(() => running.app.ledgers.connected());
    surroundings.relay.refuse();
    surroundings.put(200, "x".repeat(1000));
    await eventually(() => running.said("queue_full").length > 0);
    runtime.move(10_000);
    await eventually(() => surroundings.apiServer.openWatches === 0);
    const { received } = running.app.ledgers.intake();
    surroundings.put(200, "y".repeat(1000));
    runtime.move(3_600_000);
    assert.deepEqual(await get(running, "/livez").then(({ status }) => status), 200);
    assert.equal(running.app.ledgers.intake().received, received, "nothing is read while there is no room");

    surroundings.relay.accept();
    await eventually(() => surroundings.receiver.recordCount >= 400, 10_000);
    await eventually(() => running.app.ledgers.delivery().queued === 0);
    exactlyOnce(surroundings);
    const { text } = await get(running, "/metrics");
    assert.match(text, /tidings_watch_restarts_total\{cause="held_back"\} 1/);
  });
});

suite("a stop", () => {
  test("delivers what was read, reads no more, and says so", async () => {
    await using surroundings = await startSurroundings();
    await using running = await startApp(surroundings, { otlp: { batch: { delay: "1m" } } });
    await eventually(() => running.app.ledgers.connected());
    surroundings.put(100);
    await eventually(() => running.app.ledgers.intake().accepted === 100);
    assert.equal(surroundings.receiver.recordCount, 0, "the batch waits for more");
    assert.deepEqual(await running.stop(), { kind: "stopped" });
    exactlyOnce(surroundings);
    assert.equal(surroundings.apiServer.openWatches, 0);
    assert.equal(running.said("stopping")[0]?.["cause"], "SIGTERM");
    assert.equal(running.said("stopped")[0]?.["undelivered"], 0);
    assert.equal(running.lines.at(-1)?.["notice"], "stopped", "the last line");
  });

  test("while the backend is away ends with the grace period, and says how much was not delivered", async () => {
    await using surroundings = await startSurroundings();
    surroundings.relay.refuse();
    surroundings.put(100);
    await using running = await startApp(surroundings, { stop: { gracePeriod: "300ms" } });
    await eventually(() => running.app.ledgers.delivery().queued === 100);
    assert.deepEqual(await running.stop(), { kind: "stopped" });
    const stopped = running.said("stopped")[0];
    assert.equal(stopped?.["undelivered"], 100);
    assert.ok(Number(stopped["durationMs"]) < 10_000, "the grace period is that of the configuration");
  });

  test("in the middle of everything: what was acknowledged and what is reported undelivered are all that was read", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(3000);
    surroundings.receiver.inject({ kind: "delay", count: 1000, forMs: 50 });
    await using running = await startApp(surroundings, {
      stop: { gracePeriod: "100ms" },
      otlp: { batch: { recordsMax: 50 }, requestsInFlightMax: 2 },
    });
    await eventually(() => surroundings.receiver.recordCount > 0);
    await running.stop();
    const { accepted, delivered, queued } = running.app.ledgers.delivery();
    assert.equal(running.said("stopped")[0]?.["undelivered"], queued);
    assert.equal(accepted, delivered + queued);
    assert.ok(surroundings.receiver.recordCount >= delivered);
    assert.equal(new Set(surroundings.received).size, surroundings.received.length);
  });
});

suite("the way to the API server", () => {
  test("a token that rotates is read again when it is refused; no record is lost and nothing is said", async () => {
    await using surroundings = await startSurroundings();
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "token"), "good\n");
    await writeFile(join(folder.path, "ca.crt"), authority.caPem);
    await using running = await startApp(
      surroundings,
      {},
      {
        access: (observer) =>
          Promise.resolve(
            inClusterAccess(
              { host: "127.0.0.1", port: String(surroundings.apiFace.port), directory: folder.path },
              systemRuntime,
              observer,
            ),
          ),
      },
    );
    await eventually(() => running.app.ledgers.connected());
    await writeFile(join(folder.path, "token"), "better\n");
    surroundings.apiServer.inject({ kind: "tokens", users: { better: "tidings" } });
    surroundings.put(10);
    surroundings.apiServer.inject({ kind: "end_watches" });
    surroundings.put(10);
    await eventually(() => surroundings.receiver.recordCount === 20);
    exactlyOnce(surroundings);
    assert.ok(surroundings.apiServer.requests.some(({ status }) => status === 401));
    assert.deepEqual(running.said("credentials_refused"), []);
    assert.equal(running.said("file_reloaded").length, 1);
  });

  test("a server that its CA does not vouch for is said in words that help, and tidings waits", async () => {
    await using surroundings = await startSurroundings();
    await using running = await startApp(
      surroundings,
      {},
      {
        access: () =>
          Promise.resolve(accessTo(surroundings, { tls: async () => ({ ca: otherAuthority.caPem }) })),
      },
    );
    const line = await eventually(() => running.said("api_server_failed")[0]);
    assert.match(String(line["message"]), /certificate/i);
    assert.match(String(line["message"]), /\bCA\b/);
    assert.equal((await get(running, "/readyz")).status, 503);
    assert.equal((await get(running, "/livez")).status, 200);
    assert.deepEqual(await running.stop(), { kind: "stopped" });
  });

  test("connections that break, GOAWAY and new connections, over and over, lose and repeat nothing", async () => {
    await using surroundings = await startSurroundings();
    await using running = await startApp(surroundings);
    await eventually(() => running.app.ledgers.connected());
    for (let round = 0; round < 6; round += 1) {
      surroundings.put(40);
      if (round % 3 === 0) surroundings.apiFace.destroyConnections();
      if (round % 3 === 1) surroundings.apiFace.goAway();
      if (round % 3 === 2)
        surroundings.apiServer.inject({ kind: "break_watches", code: "reset", midLine: true });
      surroundings.put(40);
      const due = surroundings.expected.length;
      await eventually(() => surroundings.receiver.recordCount >= due, 15_000);
    }
    exactlyOnce(surroundings);
  });

  test("what its files have to say while it is made is logged", async () => {
    await using surroundings = await startSurroundings();
    await using running = await startApp(
      surroundings,
      {},
      {
        access: (observer) => {
          observer.onFault("Cannot read /token: it is empty");
          observer.onChange("/ca.crt");
          return Promise.resolve(accessTo(surroundings));
        },
      },
    );
    assert.equal(running.said("file_failed").length, 1);
    assert.equal(running.said("file_reloaded").length, 1);
  });
});

suite("standard output", () => {
  test("gets a line of OTLP JSON a record", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(20);
    const stdout = new Collected();
    await using running = await startApp(
      surroundings,
      { output: "stdout" },
      { stdout: { stream: stdout, format: "json" } },
    );
    await eventually(() => running.app.ledgers.delivery().delivered === 20);
    const lines = stdout.text.trimEnd().split("\n");
    assert.equal(lines.length, 20);
    assert.ok(lines.every((line) => line.startsWith('{"resourceLogs":[')));
    assert.equal(surroundings.receiver.requestCount, 0);
  });

  test("whose reader is gone ends it, with that as the cause", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(20);
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      },
    });
    await using running = await startApp(
      surroundings,
      { output: "stdout" },
      { stdout: { stream, format: "json" } },
    );
    const end = await running.end;
    assert.ok(end.kind === "failed" && end.faults.length === 1);
    const { error } = end.faults[0];
    assert.ok(error instanceof Error && error.cause instanceof Error && "code" in error.cause);
    assert.equal(error.cause.code, "EPIPE");
    assert.equal(surroundings.apiServer.openWatches, 0);
  });
});

suite("what cannot go on", () => {
  test("an address that somebody else listens on ends it, and names the address", async () => {
    await using surroundings = await startSurroundings();
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, "127.0.0.1", resolve);
    });
    try {
      const address = other.address();
      const port = typeof address === "object" ? address?.port : undefined;
      await using running = await startApp(surroundings, { http: { listen: `127.0.0.1:${port}` } });
      assert.match(messageOf(await running.end), new RegExp(`127.0.0.1:${port}`));
    } finally {
      other.close();
    }
  });
});
