/** What leadership relies on: how an API server takes, and refuses, the writes of a Lease. */
import assert from "node:assert/strict";

import { z } from "zod";

import { compareResourceVersions } from "../../src/model/resource-version.ts";
import type { ContractCase } from "./contract-case.ts";
import type { ContractTarget } from "./contract-target.ts";
import { ask, eventsPath, failureOf, list, type Answer } from "./conversation.ts";

const leaseSchema = z.looseObject({
  kind: z.literal("Lease"),
  apiVersion: z.literal("coordination.k8s.io/v1"),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().min(1),
    resourceVersion: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ holderIdentity: z.string().optional(), renewTime: z.string().optional() }),
});

type Lease = z.infer<typeof leaseSchema>;

const spec = {
  holderIdentity: "a",
  leaseDurationSeconds: 15,
  acquireTime: "2026-11-25T21:30:00.000000Z",
  renewTime: "2026-11-25T21:30:00.120000Z",
  leaseTransitions: 3,
};

function pathOf({ namespace }: ContractTarget, name = ""): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases${name === "" ? "" : `/${name}`}`;
}

function create(
  target: ContractTarget,
  name: string,
  changed: object = {},
  metadata: object = {},
): Promise<Answer> {
  const body = {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name, namespace: target.namespace, ...metadata },
    spec: { ...spec, ...changed },
  };
  return ask(target, { method: "POST", path: pathOf(target), body });
}

function update(target: ContractTarget, lease: Lease): Promise<Answer> {
  return ask(target, { method: "PUT", path: pathOf(target, lease.metadata.name), body: lease });
}

function leaseOf(answer: Answer, status = 200): Lease {
  assert.equal(answer.status, status, answer.text.slice(0, 300));
  return leaseSchema.parse(JSON.parse(answer.text));
}

function refusal(answer: Answer): readonly unknown[] {
  const { code, reason } = failureOf(answer);
  return [code, reason];
}

export const leaseCases: readonly ContractCase[] = [
  {
    name: "a Lease is created, read and written back whole; each write is a revision like those of Events",
    run: async (target) => {
      const before = await target.writer.create("lease-before", "an Event");
      const created = leaseOf(
        await create(
          target,
          "whole",
          {},
          { labels: { team: "shop" }, annotations: { "example.com/a": "1" } },
        ),
        201,
      );
      assert.ok(compareResourceVersions(created.metadata.resourceVersion, before) > 0);
      const read = leaseOf(await ask(target, { method: "GET", path: pathOf(target, "whole") }));
      assert.deepEqual(read.spec, spec);

      const renewTime = "2026-11-25T21:30:02.000000Z";
      const updated = leaseOf(await update(target, { ...read, spec: { ...read.spec, renewTime } }));
      assert.ok(compareResourceVersions(updated.metadata.resourceVersion, read.metadata.resourceVersion) > 0);
      assert.deepEqual(updated.spec, { ...spec, renewTime });
      const { uid, labels, annotations } = updated.metadata;
      assert.deepEqual(
        [uid, labels, annotations],
        [read.metadata.uid, { team: "shop" }, { "example.com/a": "1" }],
      );
      const events = await list(target, eventsPath, "?limit=1");
      assert.ok(
        compareResourceVersions(events.metadata.resourceVersion, updated.metadata.resourceVersion) >= 0,
      );
    },
  },
  {
    name: "a Lease is released by a holder of no name",
    run: async (target) => {
      const lease = leaseOf(await create(target, "released"), 201);
      const released = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
      const after = leaseOf(await update(target, { ...lease, spec: released }));
      assert.equal(after.spec.holderIdentity, "");
      const read = leaseOf(await ask(target, { method: "GET", path: pathOf(target, "released") }));
      assert.deepEqual(read.spec, { ...spec, holderIdentity: "", leaseDurationSeconds: 1 });
    },
  },
  {
    name: "a Lease without a spec is one that nobody has held",
    run: async (target) => {
      const body = { kind: "Lease", apiVersion: "coordination.k8s.io/v1", metadata: { name: "empty" } };
      leaseOf(await ask(target, { method: "POST", path: pathOf(target), body }), 201);
      const { spec: empty } = leaseOf(await ask(target, { method: "GET", path: pathOf(target, "empty") }));
      assert.deepEqual(empty, {});
    },
  },
  {
    name: "who writes what somebody else has written since meets a conflict",
    run: async (target) => {
      const old = leaseOf(await create(target, "stale"), 201);
      leaseOf(await update(target, { ...old, spec: { ...spec, holderIdentity: "b" } }));
      assert.deepEqual(refusal(await update(target, old)), [409, "Conflict"]);
      const read = leaseOf(await ask(target, { method: "GET", path: pathOf(target, "stale") }));
      assert.equal(read.spec.holderIdentity, "b");
    },
  },
  {
    name: "a Lease that is there is not created a second time",
    run: async (target) => {
      leaseOf(await create(target, "twice"), 201);
      assert.deepEqual(refusal(await create(target, "twice")), [409, "AlreadyExists"]);
    },
  },
  {
    name: "a Lease that is not there is not found, and one that was deleted does not come back by an update",
    run: async (target) => {
      const path = pathOf(target, "deleted");
      assert.deepEqual(refusal(await ask(target, { method: "GET", path })), [404, "NotFound"]);
      const lease = leaseOf(await create(target, "deleted"), 201);
      await target.writer.deleteLease("deleted");
      assert.deepEqual(refusal(await update(target, lease)), [409, "Conflict"]);
      assert.deepEqual(refusal(await ask(target, { method: "GET", path })), [404, "NotFound"]);
      // Made anew by somebody, with another uid.
      leaseOf(await create(target, "deleted"), 201);
      assert.deepEqual(refusal(await update(target, lease)), [409, "Conflict"]);
    },
  },
  {
    name: "a Lease that makes no sense is refused",
    run: async (target) => {
      const lease = leaseOf(await create(target, "sense"), 201);
      const { metadata } = lease;
      const changed = (fields: object): Lease => ({ ...lease, spec: { ...spec, ...fields } });
      const cases = [
        [changed({ renewTime: "2026-11-25T21:30:00.120Z" }), 400, "BadRequest"],
        [changed({ leaseDurationSeconds: 0 }), 422, "Invalid"],
        [changed({ leaseTransitions: -1 }), 422, "Invalid"],
        [{ ...lease, metadata: { ...metadata, resourceVersion: "" } }, 422, "Invalid"],
      ] as const;
      for (const [wrong, code, reason] of cases) {
        assert.deepEqual(refusal(await update(target, wrong)), [code, reason], JSON.stringify(wrong.spec));
      }
      const numbered = await create(target, "numbered", {}, { resourceVersion: metadata.resourceVersion });
      assert.deepEqual(refusal(numbered), [500, undefined]);
    },
  },
  {
    name: "a missing right to a Lease is named",
    run: async (target) => {
      const { token, userName } = target.powerless;
      const body = {
        kind: "Lease",
        apiVersion: "coordination.k8s.io/v1",
        metadata: { name: "barred" },
        spec,
      };
      const cases = [
        ["get", 'leases.coordination.k8s.io "barred"', { method: "GET", path: pathOf(target, "barred") }],
        [
          "update",
          'leases.coordination.k8s.io "barred"',
          { method: "PUT", path: pathOf(target, "barred"), body },
        ],
        ["create", "leases.coordination.k8s.io", { method: "POST", path: pathOf(target), body }],
      ] as const;
      for (const [verb, what, question] of cases) {
        const status = failureOf(await ask(target, question, token));
        assert.deepEqual([status.code, status.reason], [403, "Forbidden"]);
        assert.equal(
          status.message,
          `${what} is forbidden: User "${userName}" cannot ${verb} resource "leases" in API group ` +
            `"coordination.k8s.io" in the namespace "${target.namespace}"`,
        );
      }
    },
  },
];
