/** What a new leader and a doubtful one ask: the Events at an exact revision, and one Event by its name. */
import assert from "node:assert/strict";

import { compareResourceVersions } from "../../src/model/resource-version.ts";
import type { ContractCase } from "./contract-case.ts";
import { eventsPath, failure, list, namespacedPath, watch } from "./conversation.ts";

export const exactCases: readonly ContractCase[] = [
  {
    name: "an Exact list is the state of then, page after page, and a watch goes on from there without a hole",
    run: async (target) => {
      await target.writer.create("exact-a", "stays");
      await target.writer.create("exact-b", "is deleted");
      const then = await target.writer.repeat("exact-a", 2);
      await target.writer.delete("exact-b");
      const later = await target.writer.create("exact-c", "comes later");

      const names: string[] = [];
      const path = namespacedPath(target);
      const exact = `?limit=1&resourceVersion=${then}&resourceVersionMatch=Exact`;
      let page = await list(target, path, exact);
      for (;;) {
        assert.equal(page.metadata.resourceVersion, then);
        names.push(...page.items.map(({ metadata }) => metadata.name));
        const token = page.metadata.continue ?? "";
        if (token === "") break;
        page = await list(target, path, `?limit=1&continue=${encodeURIComponent(token)}`);
      }
      assert.deepEqual(
        names.filter((name) => name.startsWith("exact-")),
        ["exact-a", "exact-b"],
      );

      await using stream = await watch(target, path, `&resourceVersion=${then}`);
      assert.deepEqual(
        [(await stream.next())?.type, (await stream.next())?.resourceVersion],
        ["DELETED", later],
      );
    },
  },
  {
    name: "an Event can be listed by its name, as it is and as it was",
    run: async (target) => {
      const created = await target.writer.create("named", "one of many");
      await target.writer.create("named-b", "another");
      const repeated = await target.writer.repeat("named", 2);
      await target.writer.delete("named");
      const path = namespacedPath(target);
      const seen = async (name: string, query: string): Promise<readonly (string | number)[]> => {
        const { items, metadata } = await list(
          target,
          path,
          `?fieldSelector=metadata.name%3D${name}${query}`,
        );
        assert.ok(compareResourceVersions(metadata.resourceVersion, created) >= 0);
        return items.flatMap((item) => [item.metadata.resourceVersion, item.series?.count ?? 1]);
      };
      assert.deepEqual(await seen("named", ""), []);
      assert.deepEqual(await seen("named", `&resourceVersion=${created}&resourceVersionMatch=Exact`), [
        created,
        1,
      ]);
      assert.deepEqual(await seen("named", `&resourceVersion=${repeated}&resourceVersionMatch=Exact`), [
        repeated,
        2,
      ]);
      assert.equal((await seen("named-b", "&limit=1")).length, 2);
    },
  },
  {
    name: "by its name, too, what is compacted has expired, and what is not yet there is said to be",
    run: async (target) => {
      const old = await target.writer.create("named-old", "compacted soon");
      const now = await target.writer.repeat("named-old", 2);
      await target.writer.compact();
      const path = `${namespacedPath(target)}?fieldSelector=metadata.name%3Dnamed-old`;
      const exact = (resourceVersion: string | number): string =>
        `${path}&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;

      const expired = await failure(target, exact(old));
      assert.deepEqual([expired.code, expired.reason], [410, "Expired"]);
      const future = await failure(target, exact(Number(now) + 1_000_000));
      assert.deepEqual([future.code, future.reason], [504, "Timeout"]);
      assert.match(future.message, /Too large resource version/);
      const { items } = await list(target, path);
      assert.equal(items.length, 1);
    },
  },
  {
    name: "an Exact list of all namespaces has expired when it is compacted",
    run: async (target) => {
      const old = await target.writer.create("exact-old", "compacted soon");
      await target.writer.repeat("exact-old", 2);
      await target.writer.compact();
      const status = await failure(
        target,
        `${eventsPath}?limit=500&resourceVersion=${old}&resourceVersionMatch=Exact`,
      );
      assert.deepEqual([status.code, status.reason], [410, "Expired"]);
    },
  },
];
