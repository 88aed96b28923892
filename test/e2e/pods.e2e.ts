/**
 * tidings as its users run it: its image, its chart with default values, a real kubelet, Pod Security `restricted`. All
 * of it lies in a network of its own (`../lab/sealed.ts`), in which this file runs for a second time.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { createRandom } from "../../bench/random.ts";
import type { LabFolder } from "../lab/lab-folder.ts";
import { sealedFolder } from "../lab/sealed.ts";
import { until } from "../lab/until.ts";
import { arrivedGaps, arrivedRecords } from "./leader/found.ts";
import { LedgerStream } from "./leader/ledger-stream.ts";
import { verdictOf } from "./leader/verdict.ts";
import type { Verdict } from "./leader/verdict.ts";
import { WriteLedger } from "./leader/write-ledger.ts";
import { assertExactlyOnce } from "./oracle.ts";
import { imageVariable, prepareAndRunSealed } from "./pods/outside.ts";
import { collectorUrl, namespace, startPodLab } from "./pods/pod-lab.ts";
import type { PodLab } from "./pods/pod-lab.ts";

const name = "As pods of its chart";
const chart = join(import.meta.dirname, "../../helm/tidings");
const release = "tidings";
/** No `cluster.name` is given. */
const clusterName = "";
/** Namespaces of the written Events. All are made before the install, so that what is there after it is the chart's. */
const streams = ["plain", "deleted", "restarted", "upgraded", "killed"] as const;
const writesPerSecond = 100;
const undisturbedMs = 2_000;

const folder = sealedFolder();
if (folder === undefined) await prepareAndRunSealed(name, import.meta.filename);
else suite(name, () => podTests(folder));

function podTests(labFolder: LabFolder): void {
  let lab: PodLab;
  let thereBefore: readonly string[];

  before(async () => {
    lab = await startPodLab(labFolder, process.env[imageVariable] ?? "");
    for (const stream of streams) {
      await lab.plane.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: stream } });
    }
    thereBefore = await objects(lab);
  });
  after(() => lab[Symbol.asyncDispose]());

  test("one value installs it where Pod Security restricted is enforced", async () => {
    const notes = await helm(lab, "install", "--set", `config.otlp.endpoint=${collectorUrl}`);
    assert.equal((await readyPods(lab)).length, 2);
    await untilLed(lab);
    // What the notes tell its user to type, as it stands there, shows the first Events.
    const commands = notes.split("\n").filter((line) => /^ {2}(?:kubectl |pod=)/.test(line));
    assert.ok(commands.length > 3);
    const said = await until(
      async () => {
        const text = await lab.kubectl.shell(commands.join("\n"));
        return /^tidings_records_delivered_total [1-9]/m.test(text) ? text : undefined;
      },
      { withinMs: 30_000, explain: () => logsOf(lab) },
    );
    assert.match(said, /successfully rolled out/);
    assert.match(said, /"message":"Leading as /);
  });

  test("every Event of the cluster reaches Loki", () => inOrderUnderStream(lab, "plain", async () => {}));

  test("the leader's pod is deleted", () =>
    inOrderUnderStream(lab, "deleted", async () => {
      const leader = await untilLed(lab);
      await lab.kubectl.run("-n", namespace, "delete", "pod", leader, "--wait");
      await untilLed(lab, (pod) => pod !== leader);
    }));

  test("the Deployment is restarted", () =>
    inOrderUnderStream(lab, "restarted", async () => {
      const old = await readyPods(lab);
      await lab.kubectl.run("-n", namespace, "rollout", "restart", `deployment/${release}`);
      await untilRolledOut(lab);
      await untilLed(lab, (pod) => !old.includes(pod));
    }));

  test("an upgrade that changes nothing leaves the Lease alone", async () => {
    const leader = await untilLed(lab);
    const startMs = Date.now();
    await helm(lab, "upgrade", "--reuse-values");
    await sleep(5_000);
    assert.equal(await untilLed(lab), leader);
    for (const seen of lab.witness.since(startMs)) {
      assert.equal(seen.holder.split("_")[0], leader);
      assert.notEqual(seen.acknowledged, undefined);
    }
  });

  test("an upgrade changes the configuration", () =>
    inOrderUnderStream(lab, "upgraded", async () => {
      const old = await readyPods(lab);
      await helm(lab, "upgrade", "--reuse-values", "--set", "config.log.level=debug");
      await untilLed(lab, (pod) => !old.includes(pod));
    }));

  // The last of them: from here on records may be there twice, with equal ids.
  test("the leader's container is killed", async () => {
    await underStream(lab, "killed", async () => {
      const holder = lab.witness.newest?.holder;
      const leader = await untilLed(lab);
      const path = "jsonpath={.status.containerStatuses[0].containerID}";
      const id = await lab.kubectl.run("-n", namespace, "get", "pod", leader, "-o", path);
      await lab.node.killContainer(id);
      await untilLed(lab, () => lab.witness.newest?.holder !== holder);
    });
    await until(async () => ((await readyPods(lab)).length === 2 ? true : undefined), {
      withinMs: 30_000,
      explain: () => logsOf(lab),
    });
  });

  test("uninstalled, it leaves nothing", async () => {
    await lab.kubectl.helm("uninstall", release, "--namespace", namespace, "--wait", "--timeout", "60s");
    let left: readonly string[] = [];
    await until(
      async () => {
        left = (await objects(lab)).filter((object) => !thereBefore.includes(object));
        return left.length === 0 ? true : undefined;
      },
      { withinMs: 45_000, everyMs: 500, explain: () => `left over: ${left.join(", ")}` },
    );
  });
}

/**
 * Writes Events while something happens. Afterwards no state of any is missing, and what is there twice is what a new
 * leader had to send again, with equal ids.
 */
async function underStream(
  lab: PodLab,
  prefix: (typeof streams)[number],
  happens: () => Promise<void>,
): Promise<Verdict> {
  const { plane, loki, witness } = lab;
  const startMs = Date.now();
  const ledger = new WriteLedger();
  const options = { namespace: prefix, prefix, writesPerSecond, random: createRandom(1) };
  await using stream = new LedgerStream(plane.admin, ledger, options);
  await sleep(undisturbedMs);
  await happens();
  await sleep(undisturbedMs);
  await stream.stop();
  assert.ok(ledger.size > (writesPerSecond * undisturbedMs) / 1_000, `Only ${ledger.size} writes`);

  const look = async (): Promise<Verdict> => {
    const records = await arrivedRecords(loki, clusterName, prefix, startMs - 5_000);
    const gaps = await arrivedGaps(loki, clusterName, startMs);
    const takenOverFrom = witness.takeoversSince(startMs).map(({ from }) => from);
    return verdictOf({ ledger, records, gaps, takenOverFrom });
  };
  await until(async () => ((await look()).missing.length === 0 ? true : undefined), {
    withinMs: 60_000,
    everyMs: 500,
    explain: async () =>
      `missing: ${JSON.stringify((await look()).missing.slice(0, 5))}\n${await logsOf(lab)}`,
  });
  const verdict = await look();
  assert.deepEqual(verdict.faults, []);
  return verdict;
}

/** The same where all is done in good order: nothing is there twice, of what Kubernetes says of its pods neither. */
async function inOrderUnderStream(...args: Parameters<typeof underStream>): Promise<void> {
  const [lab] = args;
  const { duplicates } = await underStream(...args);
  assert.equal(duplicates, 0);
  const { plane, loki } = lab;
  const explain = (): Promise<string> => logsOf(lab);
  await assertExactlyOnce({ admin: plane.admin, loki, clusterName, withinMs: 60_000, explain });
}

/** Waits until all pods are ready. What it says to its user. */
async function helm(lab: PodLab, verb: "install" | "upgrade", ...args: readonly string[]): Promise<string> {
  const options = ["--namespace", namespace, "--wait", "--timeout", "90s", ...args];
  const notes = await lab.kubectl.helm(verb, release, chart, ...options);
  await untilRolledOut(lab);
  return notes;
}

async function untilRolledOut({ kubectl }: PodLab): Promise<void> {
  await kubectl.run("-n", namespace, "rollout", "status", `deployment/${release}`, "--timeout=90s");
}

/** Names of the pods that are ready and not on their way out. */
async function readyPods({ plane }: PodLab): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io/instance%3D${release}`;
  return podList
    .parse(await plane.admin.get(path))
    .items.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    )
    .map(({ metadata }) => metadata.name);
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
      }),
    }),
  ),
});

/** Waits until a ready pod holds the Lease. Its name is the first part of its identity. */
async function untilLed(lab: PodLab, isExpected: (pod: string) => boolean = () => true): Promise<string> {
  return until(
    async () => {
      const [pod = ""] = lab.witness.newest?.holder.split("_") ?? [];
      return isExpected(pod) && (await readyPods(lab)).includes(pod) ? pod : undefined;
    },
    { withinMs: 30_000, explain: () => logsOf(lab) },
  );
}

async function logsOf({ kubectl }: PodLab): Promise<string> {
  const selector = `app.kubernetes.io/instance=${release}`;
  return kubectl.run("-n", namespace, "logs", "--selector", selector, "--prefix", "--tail", "20");
}

/** Everything in the namespace, and what lies in none, but for Events and what comes and goes by itself. */
async function objects({ kubectl }: PodLab): Promise<readonly string[]> {
  const lines = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await kubectl.run(...args)).split("\n").filter((line) => line !== "");
  const kinds = async (namespaced: boolean): Promise<string> =>
    (await lines("api-resources", "--verbs=list", `--namespaced=${namespaced}`, "-o", "name"))
      .filter((kind) => !kind.startsWith("events"))
      .join(",");
  return [
    ...(await lines("-n", namespace, "get", await kinds(true), "-o", "name")),
    ...(await lines("get", await kinds(false), "-o", "name")),
  ];
}
