/** The oracle itself, before anything is judged by it: records made by hand, some of them wrong. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { repeatCoreEvent, repeatEvent, writeCoreEvent, writeEvent } from "../lab/event-writer.ts";
import { KubeApi } from "../lab/kube-api.ts";
import { createServiceAccount, mintToken, requestToken } from "../lab/service-account.ts";
import { until } from "../lab/until.ts";
import { labSuite, startLab } from "./lab-suite.ts";
import type { Lab } from "./lab-suite.ts";
import { countOf, foundRecords, judge, storedEvents } from "./oracle.ts";
import type { StoredEvent } from "./oracle.ts";

await labSuite("The lab and its oracle", () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab("oracle", { controllers: false });
  });
  after(() => lab[Symbol.asyncDispose]());

  test("a ServiceAccount may do what is documented and nothing else, while its token lives", async () => {
    const { plane } = lab;
    const account = await createServiceAccount(plane, "permitted");
    const statusOf = async (token: string, path: string): Promise<number> => {
      using api = new KubeApi({ server: plane.apiServer.url, caPem: plane.pki.caPem, token });
      return (await api.request("GET", path)).status;
    };
    const token = await requestToken(plane, account);
    assert.equal(await statusOf(token, "/apis/events.k8s.io/v1/events"), 200);
    assert.equal(await statusOf(token, "/api/v1/namespaces/kube-system"), 200);
    assert.equal(await statusOf(token, "/api/v1/namespaces/default"), 403);
    assert.equal(await statusOf(token, "/api/v1/pods"), 403);
    assert.equal(await statusOf(mintToken(plane, account, 600), "/apis/events.k8s.io/v1/events"), 200);
    assert.equal(await statusOf(mintToken(plane, account, -70), "/apis/events.k8s.io/v1/events"), 401);
    assert.equal(await statusOf(plane.pki.adminToken, "/api/v1/pods"), 200);
  });

  test("what is missing, repeated or miscounted in Loki is found", async () => {
    const { plane, loki, collector } = lab;
    const core = { namespace: "default", name: "by-core", note: "through core/v1" };
    const modern = { namespace: "default", name: "by-events", note: "through events.k8s.io/v1" };
    const single = { namespace: "default", name: "single", note: "once" };
    await writeCoreEvent(plane.admin, core);
    await repeatCoreEvent(plane.admin, core, 4);
    await writeEvent(plane.admin, modern);
    await repeatEvent(plane.admin, modern, 3);
    await writeEvent(plane.admin, single);
    // The control plane may have Events of its own by now.
    const ours = new Set([core.name, modern.name, single.name]);
    const events = (await storedEvents(plane.admin)).filter((event) => ours.has(event.metadata.name));
    const counts = events.map((event) => `${event.metadata.name} ${countOf(event)}`);
    assert.deepEqual(counts.toSorted(), ["by-core 4", "by-events 3", "single 1"]);

    const right = events.map((event) => ({ event, occurrences: countOf(event), nonce: "" }));
    await post(collector.url, "right", right);
    await post(
      collector.url,
      "wrong",
      right.flatMap((entry) => {
        switch (entry.event.metadata.name) {
          case "by-core":
            return [];
          case "by-events":
            return [{ ...entry, occurrences: 1 }];
          default:
            return [entry, { ...entry, nonce: "again" }];
        }
      }),
    );
    const verdictOf = async (cluster: string, records: number) =>
      judge(
        events,
        await until(
          async () => {
            const found = await foundRecords(loki, cluster);
            return found.length >= records ? found : undefined;
          },
          { withinMs: 10_000, explain: () => `Loki does not hold ${records} records of ${cluster}` },
        ),
      );
    assert.deepEqual(await verdictOf("right", 3), { events: 3, missing: [], repeated: [], miscounted: [] });
    const wrong = await verdictOf("wrong", 3);
    assert.match(wrong.missing.join(), /^default\/by-core /);
    assert.equal(wrong.repeated.length, 1);
    assert.match(wrong.miscounted.join("; "), /^default\/by-events .*: 1 of 3; default\/single .*: 2 of 1$/);
  });
});

async function post(
  url: string,
  cluster: string,
  records: readonly { readonly event: StoredEvent; readonly occurrences: number; readonly nonce: string }[],
): Promise<void> {
  const logRecords = records.map(({ event, occurrences, nonce }) => ({
    timeUnixNano: `${Date.now()}000000`,
    body: { stringValue: event.note },
    attributes: [
      text("log.record.uid", `${event.metadata.uid}/${event.metadata.resourceVersion}`),
      { key: "tidings.occurrences", value: { intValue: String(occurrences) } },
      // Loki stores an identical record once: this makes the second one another.
      ...(nonce === "" ? [] : [text("nonce", nonce)]),
    ],
  }));
  const attributes = [text("service.name", "kubernetes-events"), text("k8s.cluster.name", cluster)];
  const body = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] };
  const response = await fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}
