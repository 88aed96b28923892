import { suite } from "node:test";

import { findToolchain } from "../lab/build.ts";
import { Collector } from "../lab/collector.ts";
import { startControlPlane } from "../lab/control-plane.ts";
import type { ControlPlane, ControlPlaneOptions } from "../lab/control-plane.ts";
import { createLabFolder } from "../lab/lab-folder.ts";
import type { LabFolder } from "../lab/lab-folder.ts";
import { Loki } from "../lab/loki.ts";
import { createServiceAccount, requestToken, writeTokenKubeconfig } from "../lab/service-account.ts";

/** A suite that needs the lab. Without Go it is skipped, and says why. */
export async function labSuite(name: string, body: () => void): Promise<void> {
  const toolchain = await findToolchain();
  if (toolchain.kind === "present") {
    suite(name, body);
    return;
  }
  process.stderr.write(`SKIPPED: ${name}: ${toolchain.reason}\n`);
  suite(name, { skip: toolchain.reason });
}

/** What a suite of cases shares. */
export interface Lab extends AsyncDisposable {
  readonly folder: LabFolder;
  readonly plane: ControlPlane;
  readonly loki: Loki;
  readonly collector: Collector;
  /** Of a ServiceAccount with only the documented permissions. */
  readonly token: string;
  /** Path of a kubeconfig with that token. */
  readonly kubeconfig: string;
}

/** A control plane, Loki and a Collector that is acknowledged by it. Options may be made from files in the lab's folder. */
export async function startLab(
  name: string,
  given: ControlPlaneOptions | ((folder: LabFolder) => Promise<ControlPlaneOptions>) = {},
): Promise<Lab> {
  await using started = new AsyncDisposableStack();
  const folder = started.use(await createLabFolder(name));
  const options = typeof given === "function" ? await given(folder) : given;
  const loki = started.use(await Loki.create(folder));
  const collector = started.use(await Collector.create(folder, loki.url));
  const plane = started.use(await startControlPlane(folder, options));
  await Promise.all([loki.startReady(), collector.startReady()]);
  const token = await requestToken(plane, await createServiceAccount(plane, "tidings"));
  const kubeconfig = await writeTokenKubeconfig(plane, "tidings", { token });
  const parts = started.move();
  return {
    folder,
    plane,
    loki,
    collector,
    token,
    kubeconfig,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
