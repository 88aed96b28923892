/** Two whole replicas beside each other: one leads, the other takes over, and the record of the cluster goes on. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { eventually } from "../eventually.ts";
import { startApp, startSurroundings, textOf, type RunningApp, type Surroundings } from "./app-world.ts";

/** As short as the API takes them: a Lease counts in whole seconds. */
const leader = {
  election: "always",
  namespace: "monitoring",
  leaseDuration: "1s",
  renewDeadline: "800ms",
  retryPeriod: "100ms",
};

function startReplica(surroundings: Surroundings, identity: string): Promise<RunningApp> {
  return startApp(surroundings, { leader, stop: { gracePeriod: "2s" } }, { identity });
}

async function leads(replica: RunningApp): Promise<void> {
  await eventually(() => replica.app.ledgers.leader().isLeader && replica.app.ledgers.connected());
}

async function statusOf({ app }: RunningApp, path: string): Promise<number> {
  assert.ok(app.listening !== undefined);
  const { port } = await app.listening;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  await response.text();
  return response.status;
}

function checkpointOf({ apiServer }: Surroundings): string {
  return apiServer.leases.all()[0]?.metadata.annotations?.["tidings/checkpoint"] ?? "";
}

function exactlyOnce({ expected, received }: Surroundings): void {
  assert.deepEqual(received.toSorted(), expected.toSorted());
}

function minutesAgo(minutes: number): string {
  return new Date(systemRuntime.wallMs() - minutes * 60_000).toISOString();
}

suite("replicas", () => {
  test("one leads and watches; the other is ready, watches nothing, and goes on where a stop left off", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(50);
    await using first = await startReplica(surroundings, "first");
    await leads(first);
    await using second = await startReplica(surroundings, "second");
    await eventually(() => second.said("leader_following").length > 0);
    assert.equal(await statusOf(second, "/readyz"), 200);
    assert.equal(await statusOf(second, "/livez"), 200);
    assert.equal(surroundings.apiServer.openWatches, 1);

    surroundings.put(50);
    await eventually(() => surroundings.receiver.recordCount === 100);
    assert.deepEqual(await first.stop(), { kind: "stopped" });
    assert.equal(first.said("leader_released").length, 1);
    surroundings.put(50);
    await leads(second);
    await eventually(() => surroundings.receiver.recordCount >= 150);
    exactlyOnce(surroundings);
    const { received, warmed, accepted } = second.app.ledgers.intake();
    assert.deepEqual({ received, warmed, accepted }, { received: 150, warmed: 100, accepted: 50 });
  });

  test("who cannot renew sends nothing more and ends by itself; the other takes over, and nothing is missing", async () => {
    await using surroundings = await startSurroundings();
    await using first = await startReplica(surroundings, "first");
    await leads(first);
    surroundings.put(20);
    const [, newest = ""] = surroundings.expected.at(-1)?.split("/") ?? [];
    // Written down: what is not may come again.
    await eventually(() => checkpointOf(surroundings).includes(`"acknowledged":{"*":"${newest}"}`));
    surroundings.apiServer.inject({ kind: "forbid", permission: "update leases" });
    surroundings.receiver.inject({ kind: "answer", count: Number.POSITIVE_INFINITY, status: 503 });
    surroundings.put(20);
    const end = await first.end;
    assert.notEqual(end.kind, "failed");
    const { requestCount } = surroundings.receiver;
    assert.equal(first.said("leader_lost")[0]?.["cause"], "deadline");
    assert.equal(first.said("stopped")[0]?.["undelivered"], 20);
    assert.equal(surroundings.receiver.recordCount, 20);

    surroundings.apiServer.inject({ kind: "permit", permission: "update leases" });
    surroundings.receiver.recover();
    await using second = await startReplica(surroundings, "second");
    await eventually(() => surroundings.receiver.recordCount >= 40);
    exactlyOnce(surroundings);
    assert.equal(second.app.ledgers.leader().transitions, 1);
    assert.ok(surroundings.receiver.requestCount > requestCount);
  });

  test("a restart goes on where it was: nothing is missing, and nothing comes twice", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(30);
    {
      await using before = await startReplica(surroundings, "before");
      await eventually(() => surroundings.receiver.recordCount === 30);
      assert.deepEqual(await before.stop(), { kind: "stopped" });
    }
    surroundings.put(30);
    await using after = await startReplica(surroundings, "after");
    await eventually(() => surroundings.receiver.recordCount >= 60);
    exactlyOnce(surroundings);
    assert.equal(after.said("checkpoint_resumed").length, 1);
  });

  test("while both are down the position is compacted away: what came is delivered, and a record says that there was a gap", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(10);
    {
      await using before = await startReplica(surroundings, "before");
      await eventually(() => surroundings.receiver.recordCount === 10);
      await before.stop();
    }
    surroundings.put(10);
    surroundings.log.compact(surroundings.log.current);
    await using after = await startReplica(surroundings, "after");
    await eventually(() => surroundings.receiver.recordCount >= 21);
    const gap = surroundings.receiver.records.filter(
      ({ record }) => record.attributes.get("event.name") === "tidings.gap",
    );
    assert.equal(gap.length, 1);
    const [{ record } = { record: undefined }] = gap;
    assert.equal(record?.attributes.get("tidings.gap.cause"), "takeover");
    assert.equal(record.attributes.get("tidings.gap.recovered"), 10n);
    const ofEvents = surroundings.received.filter(
      (uid) => uid !== textOf(record.attributes.get("log.record.uid")),
    );
    assert.deepEqual(ofEvents.toSorted(), surroundings.expected.toSorted());
    assert.equal(after.app.ledgers.intake().produced, 1);
  });

  test("with a checkpoint, what began while nobody led is counted in full, also where only what is new was asked for", async () => {
    await using surroundings = await startSurroundings();
    surroundings.apiServer.leases.put("monitoring", "tidings", {
      metadata: {
        annotations: {
          "tidings/checkpoint": JSON.stringify({
            v: 1,
            cluster: "",
            acknowledged: { "*": "300" },
            read: { "*": "300" },
            time: minutesAgo(30),
            epoch: 0,
          }),
        },
      },
      spec: {},
    });
    surroundings.log.put({
      metadata: { namespace: "n1", name: "e", uid: "u", creationTimestamp: minutesAgo(10) },
      regarding: { kind: "Pod", namespace: "n1", name: "pod", uid: "pod-uid" },
      deprecatedCount: 5,
      deprecatedFirstTimestamp: minutesAgo(10),
      deprecatedLastTimestamp: minutesAgo(5),
    });
    surroundings.log.compact(surroundings.log.current);
    await using _replica = await startApp(surroundings, { leader, source: { startFrom: "now" } });
    await eventually(() => surroundings.receiver.recordCount === 2);
    const { attributes } = surroundings.receiver.records[0]?.record ?? {};
    assert.equal(attributes?.get("tidings.occurrences"), 5n);
    assert.equal(attributes.get("tidings.occurrences.estimated"), undefined);
  });

  test("a checkpoint of another cluster is refused, said, and written over", async () => {
    await using surroundings = await startSurroundings();
    surroundings.put(5);
    const time = new Date(systemRuntime.wallMs()).toISOString();
    surroundings.apiServer.leases.put("monitoring", "tidings", {
      metadata: {
        annotations: {
          "tidings/checkpoint": JSON.stringify({
            v: 1,
            cluster: "another",
            acknowledged: { "*": "900" },
            read: { "*": "900" },
            time,
            epoch: 0,
          }),
        },
      },
      spec: {},
    });
    await using replica = await startReplica(surroundings, "first");
    await eventually(() => surroundings.receiver.recordCount === 5);
    assert.match(
      String(replica.said("checkpoint_refused")[0]?.["message"]),
      /of another cluster \(another\)/,
    );
    await replica.stop();
    exactlyOnce(surroundings);
    assert.doesNotMatch(checkpointOf(surroundings), /another/);
  });
});
