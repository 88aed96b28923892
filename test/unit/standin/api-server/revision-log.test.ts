import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { listItemBytes } from "../../../../src/standin/api-server/event-line.ts";
import { CompactedError, RevisionLog } from "../../../../src/standin/api-server/revision-log.ts";

/** A watch line or list item, as far as the tests look at it. */
interface Seen {
  readonly type: string;
  readonly object: {
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly uid: string;
      readonly resourceVersion: string;
    };
    readonly note?: string;
  };
}

suite("revision log", () => {
  test("every put is a revision, and the Event carries it", () => {
    const log = new RevisionLog({ firstRevision: 998 });
    assert.equal(log.put(event("a", "one")), 999);
    assert.equal(log.put(event("a", "two")), 1000);
    assert.deepEqual(brief(log, 998), ["ADDED a 999 one", "MODIFIED a 1000 two"]);
    assert.equal(log.current, 1000);
    assert.equal(log.stored, 1);
  });

  test("an update keeps the uid, a new creation of the same name has another", () => {
    const log = new RevisionLog();
    log.put(event("a", "one"));
    log.put(event("a", "two"));
    log.delete("default", "a");
    log.put(event("a", "three"));
    const uids = frames(log, 0).map((frame) => frame.object.metadata.uid);
    assert.equal(uids[0], uids[1]);
    assert.equal(uids[0], uids[2]);
    assert.notEqual(uids[0], uids[3]);
  });

  test("Events that expire together share one revision and come back whole under it", () => {
    const log = new RevisionLog();
    const names = Array.from({ length: 1000 }, (_, index) => `e${index}`);
    for (const name of names) log.put(event(name, `note of ${name}`));
    const revision = log.deleteMany(names.map((name) => ({ namespace: "default", name })));
    assert.equal(revision, 1001);
    const deleted = frames(log, 1000);
    assert.equal(deleted.length, 1000);
    assert.ok(
      deleted.every(({ type, object }) => type === "DELETED" && object.metadata.resourceVersion === "1001"),
    );
    assert.equal(deleted[7]?.object.note, "note of e7");
    assert.equal(log.stored, 0);
    assert.equal(log.deleteMany([{ namespace: "default", name: "e1" }]), undefined);
    assert.equal(log.current, 1001);
  });

  test("a list shows the past as it was, in the order of keys, page by page", () => {
    const log = new RevisionLog();
    for (const name of ["c", "a", "d", "b"]) log.put(event(name, `old ${name}`));
    log.put(event("a", "new a"));
    log.delete("default", "b");
    log.put(event("0", "first by name"));

    const first = log.list({ revision: 4, limit: 2 });
    assert.deepEqual(items(first.changes), ["a 2 old a", "b 4 old b"]);
    assert.equal(first.next, "default/c");
    const second = log.list({ revision: 4, limit: 2, start: first.next });
    assert.deepEqual(items(second.changes), ["c 1 old c", "d 3 old d"]);
    assert.equal(second.next, undefined);
    assert.equal(second.remaining, 0);
    assert.deepEqual(items(log.list().changes), ["0 7 first by name", "a 5 new a", "c 1 old c", "d 3 old d"]);
  });

  test("a namespace is not confused with one whose name begins alike", () => {
    const log = new RevisionLog();
    for (const namespace of ["team-a", "team", "team0", "tea"]) {
      log.put({ metadata: { name: "x", namespace } });
    }
    const listed = log.list({ namespace: "team" });
    assert.deepEqual(
      listed.changes.map((change) => change.key),
      ["team/x"],
    );
    assert.equal(linesOf(log.linesAfter(0, 1e9, "team").views).length, 1);
    assert.equal(log.list({ namespace: "team", limit: 1 }).remaining, 0);
  });

  test("compaction frees the past and refuses to tell of it", () => {
    const log = new RevisionLog();
    for (let index = 0; index < 10; index += 1) log.put(event("a", String(index)));
    log.put(event("b", "b"));
    log.delete("default", "b");
    log.compact(12);
    assert.equal(log.historyLength, 1);
    assert.throws(() => log.list({ revision: 11 }), CompactedError);
    assert.throws(() => log.linesAfter(10, 1e9), CompactedError);
    // The change at the compacted revision itself is still there.
    assert.deepEqual(brief(log, 11), ["DELETED b 12 b"]);
    assert.deepEqual(brief(log, 12), []);
    assert.deepEqual(items(log.list({ revision: 12 }).changes), ["a 10 9"]);
    assert.throws(() => log.compact(11), RangeError);
    assert.throws(() => log.compact(13), RangeError);
  });

  test("a restore forgets what came after, gives revisions a second time, but no uid", () => {
    const log = new RevisionLog();
    log.put(event("a", "kept"));
    log.put(event("b", "lost"));
    log.put(event("a", "lost too"));
    log.delete("default", "a");
    const lost = frames(log, 1)[0]?.object.metadata.uid;
    log.restore(1);
    assert.equal(log.current, 1);
    assert.equal(log.stored, 1);
    assert.deepEqual(items(log.list().changes), ["a 1 kept"]);
    assert.equal(log.put(event("b", "another")), 2);
    assert.notEqual(frames(log, 1)[0]?.object.metadata.uid, lost);
    assert.deepEqual(brief(log, 0), ["ADDED a 1 kept", "ADDED b 2 another"]);
  });

  test("other objects use revisions up", () => {
    const log = new RevisionLog();
    log.put(event("a", "one"));
    assert.equal(log.skip(40), 41);
    assert.equal(log.put(event("a", "two")), 42);
    assert.deepEqual(brief(log, 1), ["MODIFIED a 42 two"]);
    assert.deepEqual(brief(log, 20), ["MODIFIED a 42 two"]);
  });

  test("history has a bound: the oldest tenth goes", () => {
    const log = new RevisionLog({ changesMax: 100 });
    for (let index = 0; index < 1000; index += 1) log.put(event("a", String(index)));
    assert.ok(log.historyLength <= 100);
    assert.ok(log.compacted > 850);
    assert.equal(log.put(event("a", "next")), 1001);
  });

  test("stored Events have a bound", () => {
    const log = new RevisionLog({ eventsMax: 2 });
    log.put(event("a", ""));
    log.put(event("b", ""));
    assert.throws(() => log.put(event("c", "")), /More than 2 Events/);
    log.put(event("b", "again"));
    log.delete("default", "a");
    log.put(event("c", ""));
  });

  test("a line is what Go would write: metadata first, its own resourceVersion first, HTML escaped", () => {
    const log = new RevisionLog();
    log.put({
      kind: "Event",
      apiVersion: "v1",
      note: 'a<b> & "c" \u2028 ü',
      metadata: { labels: { x: "y" }, resourceVersion: "77", uid: "u", namespace: "default", name: "a" },
      regarding: { resourceVersion: "5" },
    });
    const [line = ""] = linesOf(log.linesAfter(0, 1).views);
    assert.equal(
      line,
      '{"type":"ADDED","object":{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"a",' +
        '"namespace":"default","uid":"u","resourceVersion":"1","labels":{"x":"y"}},' +
        '"note":"a\\u003cb\\u003e \\u0026 \\"c\\" \\u2028 ü","regarding":{"resourceVersion":"5"}}}',
    );
  });

  test("lines are handed out in whole revisions up to a size, across the borders of slabs", () => {
    const log = new RevisionLog({ slabBytes: 1000 });
    for (let index = 0; index < 50; index += 1) log.put(event(`e${index}`, "x".repeat(index * 10)));
    let revision = 0;
    const lines: string[] = [];
    for (;;) {
      const batch = log.linesAfter(revision, 600);
      if (batch.views.length === 0) break;
      const bytes = batch.views.reduce((sum, view) => sum + view.length, 0);
      assert.ok(bytes < 600 + 800);
      lines.push(...linesOf(batch.views));
      revision = batch.revision;
    }
    assert.equal(lines.length, 50);
    assert.equal(revision, 50);
  });

  test("any history is the model's history", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("put"), name }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("delete"), name }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("skip"), name }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("compact"), name }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("restore"), name }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
        const log = new RevisionLog({ slabBytes: 512 });
        /** States by revision, and the changes in order. */
        let states = new Map<number, ReadonlyMap<string, string>>([[0, new Map()]]);
        let changes: { readonly revision: number; readonly text: string }[] = [];
        let compacted = 0;
        let current = 0;
        for (const [index, { do: what, name: key }] of steps.entries()) {
          const state = new Map(states.get(current));
          const pick = compacted + ((seed + index) % (current - compacted + 1));
          if (what === "put") {
            current += 1;
            const type = state.has(key) ? "MODIFIED" : "ADDED";
            state.set(key, `${key} ${current} n${index}`);
            changes.push({ revision: current, text: `${type} ${key} ${current} n${index}` });
            assert.equal(log.put(event(key, `n${index}`)), current);
          } else if (what === "delete") {
            const old = state.get(key);
            const revision = log.delete("default", key);
            if (old === undefined) {
              assert.equal(revision, undefined);
              continue;
            }
            current += 1;
            assert.equal(revision, current);
            state.delete(key);
            changes.push({ revision: current, text: `DELETED ${key} ${current} ${old.split(" ")[2]}` });
          } else if (what === "skip") {
            current += 1;
            log.skip(1);
          } else if (what === "compact") {
            compacted = pick;
            log.compact(pick);
            continue;
          } else {
            log.restore(pick);
            states = new Map([...states].filter(([revision]) => revision <= pick));
            changes = changes.filter(({ revision }) => revision <= pick);
            current = pick;
            continue;
          }
          states.set(current, state);
        }
        assert.equal(log.current, current);
        assert.equal(log.compacted, compacted);
        for (let revision = compacted; revision <= current; revision += 1) {
          const expected = [...(states.get(revision) ?? [])].map(([, text]) => text).toSorted(byText);
          assert.deepEqual(items(log.list({ revision }).changes), expected);
          assert.deepEqual(
            brief(log, revision),
            changes.filter((change) => change.revision > revision).map(({ text }) => text),
          );
        }
        assert.equal(log.stored, states.get(current)?.size);
      }),
      { numRuns: 200 },
    );
  });
});

function event(name: string, note: string): { metadata: { name: string; namespace: string }; note: string } {
  return { metadata: { name, namespace: "default" }, note };
}

function linesOf(views: readonly Buffer[]): string[] {
  return Buffer.concat(views).toString("utf8").split("\n").slice(0, -1);
}

function frames(log: RevisionLog, after: number): Seen[] {
  return linesOf(log.linesAfter(after, Number.POSITIVE_INFINITY).views).map((line): Seen => JSON.parse(line));
}

function brief(log: RevisionLog, after: number): string[] {
  return frames(log, after).map(
    ({ type, object: { metadata, note } }) => `${type} ${metadata.name} ${metadata.resourceVersion} ${note}`,
  );
}

function items(changes: ReturnType<RevisionLog["list"]>["changes"]): string[] {
  return changes.map((change) => {
    const object: Seen["object"] = JSON.parse(`{${listItemBytes(change.type, change.line).toString("utf8")}`);
    return `${object.metadata.name} ${object.metadata.resourceVersion} ${object.note}`;
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
