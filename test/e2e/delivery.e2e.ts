/** Every Event of a real cluster, through a real Collector and straight into Loki: once, whole, as documented. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { repeatCoreEvent, repeatEvent, writeCoreEvent, writeEvent } from "../lab/event-writer.ts";
import { startKwok } from "../lab/kwok.ts";
import { startNode, whyNoNode } from "../lab/node.ts";
import { until } from "../lab/until.ts";
import { controllerWorkload, kubeletWorkload } from "../lab/workloads.ts";
import type { Workload } from "../lab/workloads.ts";
import { labSuite, startLab } from "./lab-suite.ts";
import type { Lab } from "./lab-suite.ts";
import { assertExactlyOnce, countOf, storedEvents } from "./oracle.ts";
import type { FoundRecord, StoredEvent } from "./oracle.ts";
import { TidingsProcess, totalOf } from "./tidings-process.ts";

await labSuite("From a real cluster to a real Loki", () => {
  const started = new AsyncDisposableStack();
  let lab: Lab;
  let throughCollector: TidingsProcess;
  let straightToLoki: TidingsProcess;

  before(async () => {
    lab = started.use(await startLab("delivery"));
    const workloads = await startNodes(lab, started);
    throughCollector = started.use(
      await TidingsProcess.create(lab.folder, {
        name: "through-collector",
        kubeconfig: lab.kubeconfig,
        endpoint: lab.collector.url,
      }),
    );
    straightToLoki = started.use(
      await TidingsProcess.create(lab.folder, {
        name: "straight-to-loki",
        kubeconfig: lab.kubeconfig,
        endpoint: `${lab.loki.url}/otlp`,
        config: { otlp: { dialect: "loki" } },
      }),
    );
    await Promise.all([throughCollector.startReady(), straightToLoki.startReady()]);
    for (const object of workloads.flatMap(({ objects }) => objects)) await lab.plane.admin.apply(object);
    await writeByHand(lab);
    await untilSeen(
      lab,
      workloads.flatMap(({ reasons }) => reasons),
    );
  });
  after(() => started.disposeAsync());

  test("the Collector passes every Event on to Loki exactly once", async () => {
    await assertDelivered(lab, throughCollector);
  });

  test("Loki's own OTLP endpoint takes every Event exactly once", async () => {
    await assertDelivered(lab, straightToLoki);
  });

  test("SIGTERM ends it with exit code 0 and nothing undelivered", async () => {
    for (const tidings of [throughCollector, straightToLoki]) {
      assert.equal(await tidings.terminate(), 0);
      assert.match(await tidings.logText(), /"undelivered":0\b/);
    }
  });
});

async function startNodes(lab: Lab, started: AsyncDisposableStack): Promise<readonly Workload[]> {
  const reason = await whyNoNode();
  if (reason === undefined) {
    started.use(await startNode(lab.plane));
    return [controllerWorkload("shop", {}), kubeletWorkload("shop")];
  }
  process.stderr.write(`NO REAL NODE: ${reason}; with fake ones (KWOK) a kubelet's Events are not proven\n`);
  started.use(await startKwok(lab.plane, 2));
  return [controllerWorkload("shop", { type: "kwok" })];
}

/** Both API groups, with repeats, in two namespaces. */
async function writeByHand({ plane: { admin } }: Lab): Promise<void> {
  for (let index = 0; index < 40; index += 1) {
    const namespace = index % 4 < 2 ? "shop" : "default";
    const event = { namespace, name: `hand-${index}`, note: `written by hand ${index}`, kind: "Service" };
    const isCore = index % 2 === 0;
    await (isCore ? writeCoreEvent : writeEvent)(admin, event);
    for (let count = 2; count <= 1 + (index % 4); count += 1) {
      await (isCore ? repeatCoreEvent : repeatEvent)(admin, event, count);
    }
  }
}

/** Until every reason was seen, and a kubelet, where there is one, has repeated itself. */
async function untilSeen({ plane }: Lab, reasons: readonly string[]): Promise<void> {
  let missing: readonly string[] = reasons;
  await until(
    async () => {
      const events = await storedEvents(plane.admin);
      const seen = new Set(events.map((event) => event.reason));
      missing = reasons.filter((reason) => !seen.has(reason));
      const repeated = events.some((event) => event.reason === "Unhealthy" && countOf(event) >= 5);
      return missing.length === 0 && (repeated || !reasons.includes("Unhealthy")) ? true : undefined;
    },
    { withinMs: 90_000, everyMs: 500, explain: () => `no Event with reason ${missing.join(", ")}` },
  );
}

async function assertDelivered(lab: Lab, tidings: TidingsProcess): Promise<void> {
  const { admin } = lab.plane;
  const { events, records } = await assertExactlyOnce({
    admin,
    loki: lab.loki,
    clusterName: tidings.clusterName,
    withinMs: 30_000,
    explain: () => tidings.explain("did not export all"),
  });
  const kubeSystem = z
    .object({ metadata: z.object({ uid: z.string() }) })
    .parse(await admin.get("/api/v1/namespaces/kube-system"));
  const byUid = new Map(records.map((record) => [record.recordUid, record]));
  for (const event of events) {
    const record = byUid.get(`${event.metadata.uid}/${event.metadata.resourceVersion}`);
    assert.ok(record);
    assert.deepEqual(documentedOf(record), expectedOf(event, tidings.clusterName, kubeSystem.metadata.uid));
  }

  const metrics = await tidings.metrics();
  const total = (name: string): number => totalOf(metrics, name);
  assert.equal(
    total("tidings_intake_received_total"),
    total("tidings_intake_filtered_total") +
      total("tidings_intake_malformed_total") +
      total("tidings_intake_accepted_total"),
  );
  assert.equal(
    total("tidings_records_accepted_total"),
    total("tidings_records_delivered_total") +
      total("tidings_records_rejected_total") +
      total("tidings_records_dropped_total") +
      total("tidings_records_queued"),
  );
  assert.ok(total("tidings_records_delivered_total") >= events.length);
  assert.equal(total("tidings_records_rejected_total"), 0);
}

/** The part of a record that can be said from the Event alone, as docs/telemetry.md names it. */
function documentedOf({ entry: { labels, metadata, line } }: FoundRecord): Readonly<Record<string, unknown>> {
  return {
    line,
    clusterName: labels["k8s_cluster_name"],
    clusterUid: metadata["k8s_cluster_uid"],
    namespace: labels["k8s_namespace_name"],
    eventName: metadata["event_name"],
    severityNumber: metadata["severity_number"],
    severityText: metadata["severity_text"],
    reason: metadata["k8s_event_reason"],
    type: metadata["k8s_event_type"],
    action: metadata["k8s_event_action"],
    name: metadata["k8s_event_name"],
    uid: metadata["k8s_event_uid"],
    count: metadata["k8s_event_count"],
    controller: metadata["k8s_event_reporting_controller"],
    objectKind: metadata["k8s_object_kind"],
    objectName: metadata["k8s_object_name"],
    podName: metadata["k8s_pod_name"],
  };
}

function expectedOf(
  event: StoredEvent,
  clusterName: string,
  clusterUid: string,
): Readonly<Record<string, unknown>> {
  return {
    line: event.note,
    clusterName,
    clusterUid,
    namespace: orAbsent(event.regarding.namespace),
    eventName: "k8s.event",
    severityNumber: event.type === "Warning" ? "13" : "9",
    severityText: orAbsent(event.type),
    reason: orAbsent(event.reason),
    type: orAbsent(event.type),
    action: orAbsent(event.action),
    name: event.metadata.name,
    uid: event.metadata.uid,
    count: String(countOf(event)),
    controller: orAbsent(event.reportingController || event.deprecatedSource.component),
    objectKind: orAbsent(event.regarding.kind),
    objectName: orAbsent(event.regarding.name),
    podName: event.regarding.kind === "Pod" ? event.regarding.name : undefined,
  };
}

/** There are no empty attributes. */
function orAbsent(text: string): string | undefined {
  return text === "" ? undefined : text;
}
