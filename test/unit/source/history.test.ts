import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { KubernetesEvent } from "../../../src/model/kubernetes-event.ts";
import { History } from "../../../src/source/history.ts";
import { answer } from "../kubernetes/fake-cluster.ts";
import { ApiWorld } from "./source-world.ts";

const never = new AbortController().signal;
const noon = Date.UTC(2026, 10, 25, 12);

function event(
  name: string,
  resourceVersion: number,
  { uid = `uid-${name}`, writtenMs = noon }: { readonly uid?: string; readonly writtenMs?: number } = {},
): KubernetesEvent {
  return {
    metadata: {
      namespace: "shop",
      name,
      uid,
      resourceVersion: String(resourceVersion),
      creationTimestamp: new Date(writtenMs).toISOString(),
    },
  };
}

/** A cluster, and somebody who has read of it what there is so far. */
class Reader {
  readonly world = new ApiWorld();
  bytes = 0;
  readonly history = new History(this.world.api, 0, (bytes) => {
    this.bytes += bytes;
  });

  /** As a watch brings it. */
  read(name: string): string {
    const revision = this.world.put("shop", name);
    const change = this.world.log.list().changes.find(({ key }) => key === `shop/${name}`);
    assert.ok(change !== undefined);
    const { line } = change;
    const frame: { readonly object: KubernetesEvent } = JSON.parse(
      line.slab.toString("utf8", line.start, line.end),
    );
    this.history.watched(frame.object);
    return String(revision);
  }

  async probe(position: string | undefined): Promise<string> {
    const probe = await this.history.probe(position, never);
    return probe.kind === "failed"
      ? `failed: ${probe.failure.kind}`
      : `${probe.kind} ${probe.resourceVersion}`;
  }
}

suite("a probe", () => {
  test("of no position: the cluster's newest resourceVersion", async () => {
    const reader = new Reader();
    reader.world.put("shop", "a");
    assert.equal(await reader.probe(undefined), "current 101");
    assert.ok(reader.bytes > 0);
  });

  test("finds an Event that was read where it was, whatever became of it", async () => {
    const reader = new Reader();
    const position = reader.read("a");
    assert.equal(await reader.probe(position), "current 101");
    reader.world.put("shop", "a");
    assert.equal(await reader.probe(position), "current 102");
    reader.world.log.delete("shop", "a");
    assert.equal(await reader.probe(position), "current 103");
    reader.world.put("shop", "a");
    assert.equal(await reader.probe(position), "current 104");
  });

  test("a position in the future is of another history", async () => {
    const reader = new Reader();
    reader.read("a");
    const position = reader.read("b");
    reader.world.log.restore(101);
    assert.equal(await reader.probe(position), "rewound 101");
  });

  test("and so is one where the Event that was read is not, however far the cluster is now", async () => {
    const reader = new Reader();
    reader.read("a");
    const position = reader.read("b");
    reader.world.log.restore(101);
    reader.world.log.skip(50);
    assert.equal(await reader.probe(position), "rewritten 151");
  });

  test("or where a namesake was written in its place", async () => {
    const reader = new Reader();
    reader.read("a");
    const position = reader.read("b");
    reader.world.log.restore(101);
    reader.world.put("shop", "b");
    assert.equal(await reader.probe(position), "rewritten 102");
  });

  test("or where its object was changed at another resourceVersion", async () => {
    const reader = new Reader();
    reader.read("a");
    const position = reader.read("a");
    reader.world.log.restore(101);
    reader.world.log.skip(1);
    reader.world.put("shop", "a");
    assert.equal(await reader.probe(position), "rewritten 103");
  });

  test("nothing is proven by what is compacted away, or by a server that does not take the question", async () => {
    const reader = new Reader();
    const position = reader.read("a");
    reader.world.log.skip(10);
    reader.world.log.compact(105);
    assert.equal(await reader.probe(position), "current 111");
    for (const status of [400, 422]) {
      reader.world.instead = ({ path }) => (path.includes("fieldSelector") ? answer(status) : undefined);
      assert.equal(await reader.probe(position), "current 111");
    }
  });

  test("nor by a failure, of either question", async () => {
    const reader = new Reader();
    const position = reader.read("a");
    for (const broken of ["limit=1", "fieldSelector"]) {
      for (const status of [403, 500, 504]) {
        reader.world.instead = ({ path }) => (path.includes(broken) ? answer(status) : undefined);
        assert.equal(await reader.probe(position), "failed: status");
      }
    }
    reader.world.instead = () => answer(200, "<html>");
    assert.equal(await reader.probe(position), "failed: malformed");
  });

  test("asks nothing of an Event of the history before", async () => {
    const reader = new Reader();
    reader.read("a");
    const position = reader.read("b");
    reader.world.log.restore(101);
    reader.world.log.skip(50);
    reader.history.replaced();
    assert.equal(await reader.probe(position), "current 151");
  });
});

/** Whether a listed Event shows another history to whoever read `last` from the watch. */
function judging(last: KubernetesEvent): (listed: KubernetesEvent) => boolean {
  const { history } = new Reader();
  history.watched(last);
  const judge = history.judge();
  return (listed) => judge(listed) !== undefined;
}

suite("the judge of what is listed at or below our position", () => {
  test("an Event's resourceVersion never falls, and one of another uid has another", () => {
    const isOther = judging(event("a", 50));
    assert.equal(isOther(event("a", 50)), false);
    assert.equal(isOther(event("a", 49)), true);
    assert.equal(isOther(event("a", 50, { uid: "another" })), true);
    assert.equal(isOther(event("a", 60, { uid: "another" })), false, "created again");
    assert.equal(isOther(event("b", 49)), false);
  });

  test("nothing at or below it was written long after everything that was read", () => {
    const isOther = judging(event("a", 50));
    assert.equal(isOther(event("b", 49, { writtenMs: noon - 3_600_000 })), false);
    assert.equal(isOther(event("b", 49, { writtenMs: noon + 10_000 })), false, "clocks differ");
    assert.equal(isOther(event("b", 49, { writtenMs: noon + 11_000 })), true);
  });

  test("without a time of our own, or of the Event's, the times say nothing", () => {
    const { history } = new Reader();
    assert.equal(history.judge()(event("b", 49)), undefined);
    history.watched(event("a", 50));
    assert.equal(
      history.judge()({ metadata: { ...event("b", 49).metadata, creationTimestamp: null } }),
      undefined,
    );
  });

  test("what the list itself brings is no witness for it", () => {
    const { history } = new Reader();
    history.watched(event("a", 50));
    const judge = history.judge();
    history.listed(event("b", 60, { writtenMs: noon + 60_000 }));
    assert.notEqual(judge(event("c", 49, { writtenMs: noon + 30_000 })), undefined);
    assert.equal(history.judge()(event("c", 49, { writtenMs: noon + 30_000 })), undefined);
    assert.equal(history.writtenMs, noon + 60_000);
  });

  test("what somebody has seen before us is one", () => {
    const history = new History(new ApiWorld().api, noon, () => {});
    assert.notEqual(history.judge()(event("c", 49, { writtenMs: noon + 11_000 })), undefined);
    history.replaced();
    assert.equal(history.judge()(event("c", 49, { writtenMs: noon + 11_000 })), undefined);
    assert.equal(history.writtenMs, 0);
  });
});
