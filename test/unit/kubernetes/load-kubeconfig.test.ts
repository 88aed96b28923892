import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { loadKubeconfig } from "../../../src/kubernetes/load-kubeconfig.ts";
import { temporaryFolder } from "../net/temporary-folder.ts";
import { kubeconfig } from "./sample-kubeconfig.ts";

suite("load kubeconfig", () => {
  test("the first of several files to say a thing wins; those that do not exist are passed over", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [join(folder.path, "first"), join(folder.path, "second")];
    await writeFile(first, kubeconfig({ current: "dev", server: "https://first:6443" }));
    await writeFile(second, kubeconfig({ current: "prod", context: "prod", server: "https://second:6443" }));
    const files = [join(folder.path, "missing"), first, second];

    const dev = await loadKubeconfig(files, undefined);
    assert.equal(dev.context, "dev");
    assert.equal(dev.file, first);
    // Both files call their cluster the same.
    assert.equal((await loadKubeconfig(files, "prod")).cluster.server, "https://first:6443");
    assert.equal((await loadKubeconfig([second, first], "prod")).cluster.server, "https://second:6443");
  });

  test("what is missing is named, with what there is", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "config");
    await assert.rejects(loadKubeconfig([file], undefined), {
      message: `No kubeconfig: ${file} does not exist; name one with --kubeconfig`,
    });
    await writeFile(file, kubeconfig({ current: "" }));
    await assert.rejects(loadKubeconfig([file], undefined), {
      message: `No current-context in ${file}; choose one with --context (there are: dev)`,
    });
    await assert.rejects(loadKubeconfig([file], "prod"), {
      message: `No context "prod" in ${file} (there are: dev)`,
    });
    await writeFile(file, kubeconfig({}).replace("cluster: main", "cluster: other"));
    await assert.rejects(loadKubeconfig([file], "dev"), {
      message: `Context "dev" of ${file} is for the cluster "other", which is in no file`,
    });
    await writeFile(file, kubeconfig({}).replace("user: me", "user: you"));
    await assert.rejects(loadKubeconfig([file], "dev"), {
      message: `Context "dev" of ${file} is for the user "you", which is in no file`,
    });
    await writeFile(file, "clusters:\n- name: main\n");
    await assert.rejects(loadKubeconfig([file], undefined), {
      message: `Cannot read the kubeconfig ${file}: clusters[0].cluster is missing`,
    });
    await writeFile(file, "");
    await assert.rejects(loadKubeconfig([file], undefined), { message: new RegExp(file) });
  });
});
