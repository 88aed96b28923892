/** A cluster that already holds a lot when tidings comes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { inParallel, writeCoreEvent, writeEvent } from "../lab/event-writer.ts";
import { until } from "../lab/until.ts";
import { labSuite, startLab } from "./lab-suite.ts";
import type { Lab } from "./lab-suite.ts";
import { assertExactlyOnce, foundRecords } from "./oracle.ts";
import { TidingsProcess } from "./tidings-process.ts";

const storedCount = 20_000;
/** What a small pod gives; what lives in memory must fit, however much is stored. */
const heapMiBMax = 128;
/** Of everything, garbage that Node has not yet collected included. */
const memoryBytesMax = 260 * 2 ** 20;

await labSuite("What is stored already", () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab("stored", { controllers: false });
    const startMs = Date.now();
    const namespaces = ["one", "two", "three", "four"];
    for (const name of namespaces) {
      await lab.plane.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    await inParallel(storedCount, 64, (index) =>
      (index % 2 === 0 ? writeCoreEvent : writeEvent)(lab.plane.admin, {
        namespace: namespaces[index % namespaces.length] ?? "default",
        name: `stored-${index}`,
        note: `stored event number ${index}`,
        type: index % 4 === 0 ? "Warning" : "Normal",
      }),
    );
    process.stderr.write(`Wrote ${storedCount} Events in ${Math.round((Date.now() - startMs) / 1_000)} s\n`);
  });
  after(() => lab[Symbol.asyncDispose]());

  test("20,000 stored Events are exported exactly once, in bounded memory", async () => {
    await using tidings = await TidingsProcess.create(lab.folder, {
      name: "stored",
      heapMiBMax,
      kubeconfig: lab.kubeconfig,
      endpoint: lab.collector.url,
    });
    await tidings.startReady();
    const { records } = await assertExactlyOnce({
      admin: lab.plane.admin,
      loki: lab.loki,
      clusterName: tidings.clusterName,
      withinMs: 120_000,
      explain: () => tidings.explain("did not export all"),
    });
    assert.ok(records.length >= storedCount);
    const peak = await tidings.peakMemoryBytes();
    assert.ok(peak < memoryBytesMax, `It held ${Math.round(peak / 2 ** 20)} MiB`);
    process.stderr.write(`Peak memory ${Math.round(peak / 2 ** 20)} MiB\n`);
    assert.equal(await tidings.terminate(), 0);
  });

  test("`startFrom: now` leaves them out and takes what comes", async () => {
    await using tidings = await TidingsProcess.create(lab.folder, {
      name: "from-now",
      kubeconfig: lab.kubeconfig,
      endpoint: lab.collector.url,
      config: { source: { startFrom: "now" } },
    });
    await tidings.startReady();
    await tidings.untilLogged(/"watch_started"/);
    await writeEvent(lab.plane.admin, { namespace: "one", name: "afterwards", note: "the only new one" });
    const found = await until(
      async () => {
        const records = await foundRecords(lab.loki, "from-now");
        return records.length > 0 ? records : undefined;
      },
      { withinMs: 20_000, explain: () => tidings.explain("exported nothing") },
    );
    assert.deepEqual(
      found.map(({ entry }) => entry.line),
      ["the only new one"],
    );
  });
});
