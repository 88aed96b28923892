import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { accessCluster } from "../../../src/cli/access-cluster.ts";
import type { Environment } from "../../../src/config/value-source.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { kubeconfig } from "../kubernetes/sample-kubeconfig.ts";
import { temporaryFolder } from "../net/temporary-folder.ts";

const observer = { onChange: () => undefined, onFault: () => undefined };
const pod: Environment = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

/** The origin that is found, or the words of the fault. */
async function found(
  settings: { readonly kubeconfig?: string; readonly context?: string },
  environment: Environment,
): Promise<string> {
  try {
    const access = await accessCluster(
      { kubeconfig: "", context: "", ...settings },
      environment,
      systemRuntime,
      observer,
    );
    return access.origin;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

suite("the way to the cluster", () => {
  test("in a pod its service account, unless a kubeconfig or a context is named", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "config");
    await writeFile(file, kubeconfig({ server: "https://named:6443" }));
    assert.equal(await found({}, pod), "https://10.0.0.1:443");
    assert.equal(await found({ kubeconfig: file }, pod), "https://named:6443");
    assert.equal(await found({ kubeconfig: file, context: "dev" }, pod), "https://named:6443");
  });

  test("elsewhere the kubeconfig in the home directory, as kubectl takes it", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, ".kube"));
    await writeFile(join(folder.path, ".kube", "config"), kubeconfig({ server: "https://home:6443" }));
    assert.equal(await found({}, { HOME: folder.path }), "https://home:6443");
    assert.equal(await found({ context: "dev" }, { ...pod, HOME: folder.path }), "https://home:6443");
    assert.match(await found({ context: "prod" }, { HOME: folder.path }), /prod/);
  });

  test("where there is none, the words name the file that was looked for", async () => {
    await using folder = await temporaryFolder();
    assert.match(await found({}, { HOME: folder.path }), new RegExp(join(folder.path, ".kube", "config")));
  });
});
