/**
 * `npm run lab -- up|down|status`: a real cluster and a real backend on this machine, left running for a person.
 *
 *   up [--no-node] [--no-loki]   etcd, kube-apiserver, controllers, a node, Loki and a Collector
 *   status                       what runs, and where
 *   down                         ends all of it and removes every trace
 */
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ensureBinary, findToolchain } from "../test/lab/build.ts";
import { Collector } from "../test/lab/collector.ts";
import { busyboxImage } from "../test/lab/container-image.ts";
import { startControlPlane } from "../test/lab/control-plane.ts";
import type { ControlPlane } from "../test/lab/control-plane.ts";
import { startKwok } from "../test/lab/kwok.ts";
import { createLabFolder, labRoot, removeKeptLogs, removeLabFolder, sweep } from "../test/lab/lab-folder.ts";
import { processesOf } from "../test/lab/lab-process.ts";
import { Loki } from "../test/lab/loki.ts";
import { startNode, whyNoNode } from "../test/lab/node.ts";
import { createServiceAccount, requestToken, writeTokenKubeconfig } from "../test/lab/service-account.ts";

const name = "up";
const folder = join(labRoot(), name);
const summaryFile = join(folder, "summary.txt");

const usage = `Usage: npm run lab -- up [--no-node] [--no-loki] | status | down\n`;

async function main(): Promise<number> {
  const { positionals, values, tokens } = parseArgs({
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: { "no-node": { type: "boolean" }, "no-loki": { type: "boolean" } },
  });
  const known = new Set(["no-node", "no-loki"]);
  if (tokens.some((token) => token.kind === "option" && !known.has(token.name))) {
    process.stderr.write(usage);
    return 2;
  }
  switch (positionals.join(" ")) {
    case "up":
      return up({ node: values["no-node"] !== true, loki: values["no-loki"] !== true });
    case "status":
      return status();
    case "down":
      return down();
    default:
      process.stderr.write(usage);
      return 2;
  }
}

async function up(wanted: { readonly node: boolean; readonly loki: boolean }): Promise<number> {
  if (existsSync(folder)) {
    process.stderr.write("lab: there is one already; `npm run lab -- down` removes it\n");
    return (await status()) === 0 ? 0 : 1;
  }
  const toolchain = await findToolchain();
  if (toolchain.kind === "absent") {
    process.stderr.write(`lab: cannot build the parts: ${toolchain.reason}\n`);
    return 1;
  }
  const lab = await createLabFolder(name, { outlives: true });
  try {
    const plane = await startControlPlane(lab);
    say("control plane is up");
    if (wanted.node) await startSomeNode(plane);
    const backend = wanted.loki ? await startBackend(lab) : undefined;
    const kubectl = await ensureBinary("kubectl");
    const account = await createServiceAccount(plane, "tidings");
    const kubeconfig = await writeTokenKubeconfig(plane, "tidings", {
      token: await requestToken(plane, account),
    });
    await writeFile(summaryFile, summaryOf(plane, { kubectl, kubeconfig }, backend));
    // Its connection would keep this process waiting.
    plane.admin[Symbol.dispose]();
  } catch (error) {
    lab.keepLogs();
    await lab[Symbol.asyncDispose]();
    throw error;
  }
  process.stdout.write(await readFile(summaryFile, "utf8"));
  return 0;
}

interface Backend {
  readonly loki: Loki;
  readonly collector: Collector;
}

async function startBackend(lab: Awaited<ReturnType<typeof createLabFolder>>): Promise<Backend> {
  const loki = await Loki.create(lab);
  const collector = await Collector.create(lab, loki.url);
  await Promise.all([loki.startReady(), collector.startReady()]);
  say("Loki and the Collector are up");
  return { loki, collector };
}

async function startSomeNode(plane: ControlPlane): Promise<void> {
  const reason = await whyNoNode();
  if (reason === undefined) {
    await startNode(plane);
    say("node localhost is Ready");
    return;
  }
  say(`no real node (${reason}); fake ones (KWOK) instead: they give none of a kubelet's Events`);
  await startKwok(plane, 2);
}

function summaryOf(
  plane: ControlPlane,
  { kubectl, kubeconfig }: { readonly kubectl: string; readonly kubeconfig: string },
  backend: Backend | undefined,
): string {
  const lines = [
    `API server   ${plane.apiServer.url}`,
    `admin        export KUBECONFIG=${plane.kubeconfig}`,
    `kubectl      ${kubectl}`,
    `tidings      ${kubeconfig}  (a ServiceAccount with the documented permissions; its token lives an hour)`,
    `logs         ${join(folder, "log")}`,
  ];
  if (backend !== undefined) {
    lines.push(`Collector    ${backend.collector.url}  (OTLP over HTTP)`, `Loki         ${backend.loki.url}`);
  }
  const output =
    backend === undefined ? "--output stdout" : `--endpoint ${backend.collector.url} --cluster-name lab`;
  lines.push("", "Next:", `  npm run -s tidings -- run --kubeconfig ${kubeconfig} ${output}`);
  if (backend !== undefined) {
    lines.push(
      `  curl -sG ${backend.loki.url}/loki/api/v1/query_range --data-urlencode 'query={service_name="kubernetes-events"}'`,
    );
  }
  lines.push(
    `  ${kubectl} --kubeconfig ${plane.kubeconfig} create deployment crash --image=${busyboxImage} -- false`,
    "  npm run lab -- down",
    "",
  );
  return lines.join("\n");
}

async function status(): Promise<number> {
  if (!existsSync(folder)) {
    process.stdout.write("No lab is up.\n");
    return 1;
  }
  const processes = (await processesOf(folder)).filter((entry) => entry.name !== "shim");
  for (const { name: part, pid } of processes) process.stdout.write(`${part.padEnd(24)} pid ${pid}\n`);
  process.stdout.write(`\n${await readFile(summaryFile, "utf8").catch(() => "It did not come up whole.\n")}`);
  return processes.length > 0 ? 0 : 1;
}

async function down(): Promise<number> {
  await sweep();
  const was = existsSync(folder);
  await removeLabFolder(folder, { keepLogs: false });
  await removeKeptLogs();
  // The folder of all labs, unless there is another lab.
  if (existsSync(labRoot()) && readdirSync(labRoot()).length === 0) rmdirSync(labRoot());
  process.stdout.write(was ? "The lab is gone.\n" : "No lab was up.\n");
  return 0;
}

function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}

process.exitCode = await main();
