/**
 * What tidings relies on from an API server, each as one conversation with it. The same cases run against the stand-in
 * (contract.test.ts) and against a real kube-apiserver (the end-to-end suite), so that the stand-in cannot drift.
 * Compared are codes, reasons, types and orders; texts only where tidings or a person depends on them.
 */
import assert from "node:assert/strict";

import { compareResourceVersions } from "../../src/model/resource-version.ts";
import type { ContractCase } from "./contract-case.ts";
import type { ExpiringTarget } from "./contract-target.ts";
import { eventsPath, failure, get, list, namespacedPath, watch } from "./conversation.ts";
import { exactCases } from "./exact-cases.ts";
import { leaseCases } from "./lease-cases.ts";

export const contractCases: readonly ContractCase[] = [
  {
    name: "a list gives the Events in the order of their keys, without kind, at one resourceVersion",
    run: async (target) => {
      for (const name of ["order-c", "order-a", "order-b"]) await target.writer.create(name, "in order");
      const whole = await list(target, eventsPath);
      const keys = whole.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      assert.deepEqual(keys, keys.toSorted(byText));
      for (const item of whole.items) {
        assert.equal("kind" in item, false);
        assert.ok(
          compareResourceVersions(item.metadata.resourceVersion, whole.metadata.resourceVersion) <= 0,
        );
      }
      const one = await list(target, namespacedPath(target));
      const names = one.items.map(({ metadata }) => metadata.name);
      assert.deepEqual(
        names.filter((name) => name.startsWith("order-")),
        ["order-a", "order-b", "order-c"],
      );
    },
  },
  {
    name: "pages are one snapshot, whatever is written meanwhile",
    run: async (target) => {
      for (const name of ["page-a", "page-b", "page-c"]) await target.writer.create(name, "on a page");
      const path = namespacedPath(target);
      const before = await list(target, path);
      let page = await list(target, path, "?limit=2");
      const { resourceVersion } = page.metadata;
      assert.equal(page.items.length, 2);
      assert.ok((page.metadata.remainingItemCount ?? 1) >= 1);
      await target.writer.create("page-aa", "too late for the snapshot");
      await target.writer.delete("page-c");
      const names = page.items.map(({ metadata }) => metadata.name);
      while (page.metadata.continue !== undefined && page.metadata.continue !== "") {
        page = await list(target, path, `?limit=2&continue=${encodeURIComponent(page.metadata.continue)}`);
        assert.equal(page.metadata.resourceVersion, resourceVersion);
        names.push(...page.items.map(({ metadata }) => metadata.name));
      }
      assert.deepEqual(
        names,
        before.items.map(({ metadata }) => metadata.name),
      );
    },
  },
  {
    name: "a repeat raises the resourceVersion and keeps the uid; Exact still shows the state before",
    run: async (target) => {
      const path = namespacedPath(target);
      const created = await target.writer.create("repeat", "comes again");
      const repeated = await target.writer.repeat("repeat", 3);
      assert.ok(compareResourceVersions(repeated, created) > 0);
      const stateAt = async (query: string): Promise<readonly [string, string, number]> => {
        const { items } = await list(target, path, query);
        const item = items.find(({ metadata }) => metadata.name === "repeat");
        return [item?.metadata.uid ?? "", item?.metadata.resourceVersion ?? "", item?.series?.count ?? 1];
      };
      const [uidBefore, versionBefore, countBefore] = await stateAt(
        `?resourceVersion=${created}&resourceVersionMatch=Exact`,
      );
      const [uidNow, versionNow, countNow] = await stateAt(
        `?resourceVersion=${created}&resourceVersionMatch=NotOlderThan`,
      );
      assert.equal(uidNow, uidBefore);
      assert.deepEqual([versionBefore, countBefore], [created, 1]);
      assert.deepEqual([versionNow, countNow], [repeated, 3]);
    },
  },
  {
    name: "a list from the future fails with 504 and says so",
    run: async (target) => {
      const { metadata } = await list(target, eventsPath, "?limit=1");
      const future = Number(metadata.resourceVersion) + 1_000_000;
      for (const match of ["", "&resourceVersionMatch=Exact", "&resourceVersionMatch=NotOlderThan"]) {
        const status = await failure(target, `${eventsPath}?resourceVersion=${future}${match}`);
        assert.deepEqual([status.code, status.reason], [504, "Timeout"]);
        assert.match(status.message, /Too large resource version/);
      }
    },
  },
  {
    name: "a watch shows what happens after its resourceVersion: ADDED, MODIFIED, DELETED",
    run: async (target) => {
      const from = await target.writer.create("watched-before", "not seen");
      await using stream = await watch(target, namespacedPath(target), `&resourceVersion=${from}`);
      const created = await target.writer.create("watched", "<seen> & known");
      const repeated = await target.writer.repeat("watched", 2);
      await target.writer.delete("watched");

      const added = await stream.next();
      assert.deepEqual([added?.type, added?.name, added?.resourceVersion], ["ADDED", "watched", created]);
      assert.equal(added?.object["kind"], "Event");
      assert.equal(added?.object["apiVersion"], "events.k8s.io/v1");
      // Go escapes for HTML; whoever looks at the bytes meets it.
      assert.ok(added?.line.includes('"note":"\\u003cseen\\u003e \\u0026 known"'));

      const modified = await stream.next();
      assert.deepEqual(
        [modified?.type, modified?.name, modified?.resourceVersion],
        ["MODIFIED", "watched", repeated],
      );

      const deleted = await stream.next();
      assert.deepEqual([deleted?.type, deleted?.name], ["DELETED", "watched"]);
      assert.equal(deleted?.object["note"], "<seen> & known");
      assert.ok(compareResourceVersions(deleted?.resourceVersion ?? "", repeated) > 0);
    },
  },
  {
    name: "a DELETED line is known by its beginning, and its first resourceVersion is the deletion's",
    run: async (target) => {
      const from = await target.writer.create("prefix", "goes");
      await using stream = await watch(target, eventsPath, `&resourceVersion=${from}`);
      await target.writer.delete("prefix");
      for (let frame = await stream.next(); ; frame = await stream.next()) {
        assert.ok(frame !== undefined, "the watch ended");
        // Others may write to other namespaces at the same time.
        if (frame.name !== "prefix") continue;
        assert.ok(
          frame.line.startsWith(
            '{"type":"DELETED","object":{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"prefix"',
          ),
        );
        assert.equal(/"resourceVersion":"(\d+)"/.exec(frame.line)?.[1], frame.resourceVersion);
        return;
      }
    },
  },
  {
    name: "a watch without a resourceVersion begins with all that is stored, as ADDED",
    run: async (target) => {
      const path = namespacedPath(target);
      await target.writer.create("initial-b", "stored");
      await target.writer.create("initial-a", "stored");
      const repeated = await target.writer.repeat("initial-b", 2);
      const stored = await list(target, path);
      for (const query of ["", "&resourceVersion=0"]) {
        await using stream = await watch(target, path, query);
        for (const item of stored.items) {
          const frame = await stream.next();
          assert.deepEqual(
            [frame?.type, frame?.name, frame?.resourceVersion],
            ["ADDED", item.metadata.name, item.metadata.resourceVersion],
          );
        }
        const live = `initial-live-${query.length}`;
        await target.writer.create(live, "new");
        assert.equal((await stream.next())?.name, live);
        await target.writer.delete(live);
      }
      assert.ok(stored.items.some(({ metadata }) => metadata.resourceVersion === repeated));
    },
  },
  {
    name: "a watch from the future is taken and stays silent",
    run: async (target) => {
      const { metadata } = await list(target, eventsPath, "?limit=1");
      const future = Number(metadata.resourceVersion) + 1_000_000;
      await using stream = await watch(target, eventsPath, `&resourceVersion=${future}`);
      await target.writer.create("unheard", "nobody is told");
      await stream.staysSilent(300);
    },
  },
  {
    name: "a watch ends cleanly when its time is over",
    run: async (target) => {
      const from = await target.writer.create("brief", "seen before");
      await using stream = await watch(
        target,
        namespacedPath(target),
        `&resourceVersion=${from}&timeoutSeconds=1`,
      );
      assert.equal(await stream.next(), undefined);
    },
  },
  {
    name: "after a compaction old positions have expired, open watches live on",
    run: async (target) => {
      const path = namespacedPath(target);
      const old = await target.writer.create("compacted-a", "first");
      await target.writer.create("compacted-aa", "on the second page");
      const { metadata } = await list(target, path, "?limit=1");
      await using open = await watch(target, path, `&resourceVersion=${metadata.resourceVersion}`);
      await target.writer.create("compacted-b", "second");
      await target.writer.create("compacted-c", "third");
      await target.writer.compact();

      const token = encodeURIComponent(metadata.continue ?? "");
      assert.notEqual(token, "");
      const page = await failure(target, `${path}?limit=1&continue=${token}`);
      assert.deepEqual([page.code, page.reason], [410, "Expired"]);
      const remainder = encodeURIComponent(page.metadata?.continue ?? "");
      const inconsistent = await list(target, path, `?limit=1000&continue=${remainder}`);
      assert.ok(inconsistent.items.some((item) => item.metadata.name === "compacted-c"));
      const exact = await failure(target, `${path}?resourceVersion=${old}&resourceVersionMatch=Exact`);
      assert.deepEqual([exact.code, exact.reason], [410, "Expired"]);

      await using late = await watch(target, path, `&resourceVersion=${old}`);
      const error = await late.next();
      assert.deepEqual(
        [error?.type, error?.object["kind"], error?.object["reason"], error?.object["code"]],
        ["ERROR", "Status", "Expired", 410],
      );
      assert.equal(await late.next(), undefined);

      assert.equal((await open.next())?.name, "compacted-b");
      assert.equal((await open.next())?.name, "compacted-c");
      await target.writer.create("compacted-d", "after it");
      assert.equal((await open.next())?.name, "compacted-d");
    },
  },
  {
    name: "nobody without a known token is let in",
    run: async (target) => {
      for (const token of ["", "nobody's"]) {
        const status = await failure(target, `${eventsPath}?limit=1`, token);
        assert.deepEqual([status.code, status.reason], [401, "Unauthorized"]);
      }
    },
  },
  {
    name: "a missing right is named: who may not do what, and where",
    run: async (target) => {
      const { token, userName } = target.powerless;
      const cases = [
        ["list", eventsPath, "at the cluster scope"],
        ["watch", `${eventsPath}?watch=true`, "at the cluster scope"],
        ["list", namespacedPath(target), `in the namespace "${target.namespace}"`],
      ] as const;
      for (const [verb, path, where] of cases) {
        const status = await failure(target, path, token);
        assert.deepEqual([status.code, status.reason], [403, "Forbidden"]);
        assert.equal(
          status.message,
          `events.events.k8s.io is forbidden: User "${userName}" cannot ${verb} resource "events" ` +
            `in API group "events.k8s.io" ${where}`,
        );
      }
      const namespace = await failure(target, "/api/v1/namespaces/kube-system", token);
      assert.equal(
        namespace.message,
        `namespaces "kube-system" is forbidden: User "${userName}" cannot get resource "namespaces" ` +
          'in API group "" in the namespace "kube-system"',
      );
    },
  },
  {
    name: "the namespace kube-system has the uid that names the cluster",
    run: async (target) => {
      const answer = await get(target, "/api/v1/namespaces/kube-system");
      assert.equal(answer.status, 200);
      const { kind, metadata } = JSON.parse(answer.text);
      assert.equal(kind, "Namespace");
      assert.equal(metadata.name, "kube-system");
      assert.match(metadata.uid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    },
  },
  {
    name: "what was not granted is 403, whether it exists or not",
    run: async (target) => {
      for (const path of ["/nowhere", "/apis/events.k8s.io/v1/happenings", "/api/v1/pods"]) {
        const status = await failure(target, path);
        assert.deepEqual([status.code, status.reason], [403, "Forbidden"]);
      }
    },
  },
  {
    name: "what makes no sense is refused",
    run: async (target) => {
      const cases = [
        ["?continue=nonsense", 400, "BadRequest"],
        ["?limit=many", 400, "BadRequest"],
        ["?resourceVersion=newest", 400, "BadRequest"],
        ["?watch=1&resourceVersion=newest", 500, undefined],
        ["?resourceVersionMatch=Exact", 422, "Invalid"],
        ["?resourceVersion=0&resourceVersionMatch=Exact", 422, "Invalid"],
      ] as const;
      for (const [query, code, reason] of cases) {
        const status = await failure(target, eventsPath + query);
        assert.deepEqual([status.code, status.reason], [code, reason], query);
      }
    },
  },
  {
    name: "version and health can be asked",
    run: async (target) => {
      const version = await get(target, "/version");
      assert.equal(version.status, 200);
      assert.match(JSON.parse(version.text).gitVersion, /^v1\.\d+\.\d+/);
      for (const path of ["/readyz", "/livez"]) {
        const answer = await get(target, path);
        assert.deepEqual([answer.status, answer.text], [200, "ok"]);
        assert.equal((await get(target, path, "")).status, 401);
      }
    },
  },
  ...exactCases,
  ...leaseCases,
];

/** For a server with a short `--event-ttl` (and `--lease-reuse-duration-seconds=1`, or it takes a minute longer). */
export const expiryCase: ContractCase<ExpiringTarget> = {
  name: "Events whose time is over come as DELETED, whole, with a newer resourceVersion",
  run: async (target) => {
    const names = ["expires-a", "expires-b", "expires-c"];
    const from = await target.writer.create("expires-not-seen", "the watch begins after it");
    const written = new Map<string, string>();
    for (const name of names) written.set(name, await target.writer.create(name, `note of ${name}`));
    const last = await target.writer.repeat("expires-b", 2);
    written.set("expires-b", last);
    await using stream = await watch(target, namespacedPath(target), `&resourceVersion=${from}`);
    await target.expire(names);

    const deleted: string[] = [];
    while (deleted.length < names.length) {
      const frame = await stream.next(30_000);
      assert.ok(frame !== undefined, "the watch ended");
      if (frame.type !== "DELETED" || !written.has(frame.name)) continue;
      deleted.push(frame.name);
      assert.equal(frame.object["note"], `note of ${frame.name}`);
      assert.ok(compareResourceVersions(frame.resourceVersion, last) > 0);
    }
    assert.deepEqual(deleted.toSorted(byText), names);
  },
};

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
