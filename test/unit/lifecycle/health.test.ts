import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { Health } from "../../../src/lifecycle/health.ts";

function setUp(): { readonly health: Health; readonly world: { nowMs: number; eventsRead: number } } {
  const world = { nowMs: 1000, eventsRead: 0 };
  const health = new Health({ monotonicMs: () => world.nowMs }, () => world.eventsRead);
  return { health, world };
}

function failing(report: {
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}): string[] {
  return report.checks.filter((check) => !check.ok).map((check) => check.name);
}

const down = {
  kind: "api_server_failed",
  operation: "list events",
  detail: "refused",
  retryInMs: 1,
} as const;
const forbidden = {
  kind: "permission_missing",
  verb: "list",
  resource: "events.events.k8s.io",
  detail: "forbidden",
  retryInMs: 1,
} as const;
const watching = { kind: "watch_started", resourceVersion: "1", renewed: false } as const;

suite("health", () => {
  test("startup: the configuration is checked and the API server was asked, whatever it said", () => {
    const { health } = setUp();
    assert.deepEqual(failing(health.startup()), ["configuration", "api-server-asked"]);
    health.configurationChecked();
    assert.deepEqual(failing(health.startup()), ["api-server-asked"]);
    health.observe(down);
    assert.equal(health.startup().ok, true);
  });

  test("startup: a list that is under way is a question asked, however long it takes", () => {
    const { health } = setUp();
    health.configurationChecked();
    health.observe({ kind: "list_started", cause: "start" });
    assert.equal(health.startup().ok, true);
  });

  test("ready: who waits for its turn is, once it sees that another leads, and not while it cannot tell", () => {
    const { health } = setUp();
    let following: { isFollowing: boolean; fault: string | undefined } = {
      isFollowing: false,
      fault: undefined,
    };
    health.follows(() => following);
    assert.deepEqual(failing(health.ready()), ["source"]);
    following = { isFollowing: true, fault: undefined };
    assert.equal(health.ready().ok, true);
    following = { isFollowing: false, fault: "get Lease: HTTP 503" };
    assert.match(health.ready().checks[0]?.detail ?? "", /HTTP 503/);
    following = { isFollowing: false, fault: undefined };
    health.observe(watching);
    assert.equal(health.ready().ok, true, "it leads and watches");
  });

  test("live: a loop that misses its deadline fails, one that turns or rests does not", () => {
    const { health, world } = setUp();
    const source = health.loop("source", 60_000);
    const sender = health.loop("sender", 30_000);
    assert.equal(health.live().ok, true);
    world.nowMs += 30_000;
    assert.equal(health.live().ok, true);
    world.nowMs += 1;
    assert.deepEqual(failing(health.live()), ["sender"]);
    sender.beat();
    assert.equal(health.live().ok, true);
    sender.rest();
    world.nowMs += 50_000;
    source.beat();
    world.nowMs += 10_000;
    assert.equal(health.live().ok, true);
    world.nowMs += 60_000;
    assert.deepEqual(health.live(), {
      ok: false,
      checks: [
        { name: "source", ok: false, detail: "last turn 70.0 s ago, at most 60 s allowed" },
        { name: "sender", ok: true, detail: "waits for input" },
      ],
    });
  });

  test("live: an API server or an endpoint that is down does not restart us", () => {
    const { health } = setUp();
    health.loop("source", 60_000);
    health.observe(down);
    health.observe({ kind: "backend_failed", detail: "503", attempt: 9, retryInMs: 1 });
    assert.equal(health.live().ok, true);
  });

  test("ready: as soon as the cluster's Events can be read, no longer when they cannot, and again", () => {
    const { health } = setUp();
    assert.deepEqual(health.ready().checks[0], {
      name: "source",
      ok: false,
      detail: "the API server has not answered yet",
    });
    health.observe(watching);
    assert.equal(health.ready().ok, true);
    health.observe({ kind: "watch_ended", cause: "timeout", detail: "" });
    assert.equal(health.ready().ok, true);
    health.observe(forbidden);
    assert.deepEqual(health.ready().checks[0], { name: "source", ok: false, detail: "forbidden" });
    health.observe(watching);
    assert.equal(health.ready().ok, true);
  });

  test("ready: an endpoint that is down does not make us unready, not even in the middle of the first list", () => {
    const { health, world } = setUp();
    health.observe({ kind: "list_started", cause: "start" });
    assert.equal(health.ready().ok, false);
    world.eventsRead = 500;
    health.observe({ kind: "backend_failed", detail: "503", attempt: 9, retryInMs: 1 });
    health.observe({ kind: "queue_full", bytes: 1 });
    assert.equal(health.ready().ok, true);
    health.observe(down);
    assert.equal(health.ready().ok, false);
    world.eventsRead = 501;
    assert.equal(health.ready().ok, true);
  });

  test("ready: not while stopping", () => {
    const { health } = setUp();
    health.observe(watching);
    health.observe({ kind: "stopping", cause: "SIGTERM" });
    assert.deepEqual(failing(health.ready()), ["not-stopping"]);
  });
});
