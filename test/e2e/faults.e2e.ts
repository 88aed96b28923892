/** Things break under a steady stream of Events: nothing is missing afterwards, and nothing is there twice. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { writeTokenKubeconfig } from "../lab/service-account.ts";
import { SteadyStream } from "../lab/steady-stream.ts";
import { TcpGate } from "../lab/tcp-gate.ts";
import { labSuite, startLab } from "./lab-suite.ts";
import type { Lab } from "./lab-suite.ts";
import { assertExactlyOnce } from "./oracle.ts";
import { TidingsProcess, totalOf } from "./tidings-process.ts";

const eventsPerSecond = 50;

await labSuite("Under faults", () => {
  const started = new AsyncDisposableStack();
  let lab: Lab;
  let gate: TcpGate;
  let tidings: TidingsProcess;

  before(async () => {
    lab = started.use(await startLab("faults", { controllers: false }));
    gate = started.use(await TcpGate.start(Number(new URL(lab.plane.apiServer.url).port)));
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "gate", {
      token: lab.token,
      server: `https://127.0.0.1:${gate.port}`,
    });
    tidings = started.use(
      await TidingsProcess.create(lab.folder, { name: "faults", kubeconfig, endpoint: lab.collector.url }),
    );
    await tidings.startReady();
  });
  after(() => started.disposeAsync());

  /** Two seconds before the fault and two after it are undisturbed; then everything must be in Loki. */
  async function underStream(name: string, fault: () => Promise<void>): Promise<void> {
    await using stream = new SteadyStream(lab.plane.admin, name, eventsPerSecond);
    await sleep(2_000);
    await fault();
    await sleep(2_000);
    await stream.stop();
    assert.ok(stream.written > 2 * eventsPerSecond, `Only ${stream.written} writes`);
    await assertExactlyOnce({
      admin: lab.plane.admin,
      loki: lab.loki,
      clusterName: tidings.clusterName,
      withinMs: 60_000,
      explain: () => tidings.explain(`lost Events: ${name}`),
    });
  }

  const watchRestarts = async (cause: string): Promise<number> =>
    totalOf(await tidings.metrics(), `tidings_watch_restarts_total{cause="${cause}"}`);

  test("the API server is killed and comes back", () =>
    underStream("api-server-killed", async () => {
      const { apiServer } = lab.plane;
      await apiServer.kill("SIGKILL");
      await sleep(2_000);
      await apiServer.startReady();
    }));

  test("etcd is killed and comes back", () =>
    underStream("etcd-killed", async () => {
      const { etcd } = lab.plane;
      await etcd.kill("SIGKILL");
      await sleep(2_000);
      await etcd.startReady();
    }));

  test("etcd is compacted while the watch is cut", async () => {
    const expiredBefore = await watchRestarts("expired");
    await underStream("compacted-while-cut", async () => {
      gate.shut();
      await sleep(2_000);
      await lab.plane.etcd.compact();
      gate.open();
    });
    assert.ok((await watchRestarts("expired")) > expiredBefore, "It met no 410");
  });

  test("a running watch ends with 410 in the stream", () =>
    underStream("expired-mid-stream", async () => {
      const { apiServer, etcd } = lab.plane;
      // The frozen API server cannot follow etcd's restart before what it would read is compacted away.
      await apiServer.kill("SIGSTOP");
      await etcd.kill("SIGKILL");
      await etcd.startReady();
      await etcd.touch(3);
      await etcd.compact();
      await apiServer.kill("SIGCONT");
      await apiServer.ready();
    }));

  test("the way to the API server goes silent", () =>
    underStream("silent-peer", async () => {
      gate.stall();
      await sleep(3_000);
      gate.shut();
      gate.open();
    }));

  test("the Collector is away for a while", () =>
    underStream("collector-away", async () => {
      await lab.collector.stop();
      await sleep(5_000);
      await lab.collector.startReady();
    }));

  test("the Collector answers 503 for a while", () =>
    underStream("collector-503", async () => {
      await lab.loki.stop();
      await sleep(5_000);
      await lab.loki.startReady();
    }));

  test("it is the same process all along, and it knows what it delivered", async () => {
    const metrics = await tidings.metrics();
    assert.equal(totalOf(metrics, "tidings_records_rejected_total"), 0);
    assert.equal(totalOf(metrics, "tidings_records_dropped_total"), 0);
    assert.equal(await tidings.terminate(), 0);
  });
});
