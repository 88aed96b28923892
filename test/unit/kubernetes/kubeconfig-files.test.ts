import assert from "node:assert/strict";
import { delimiter } from "node:path";
import { suite, test } from "node:test";

import { kubeconfigFiles } from "../../../src/kubernetes/kubeconfig-files.ts";

suite("kubeconfig files", () => {
  for (const { setting, expected } of [
    { setting: undefined, expected: ["/home/me/.kube/config"] },
    { setting: "", expected: ["/home/me/.kube/config"] },
    { setting: "/etc/one", expected: ["/etc/one"] },
    { setting: ["/etc/one", "", "two"].join(delimiter), expected: ["/etc/one", "two"] },
  ]) {
    test(`${setting}`, () => {
      assert.deepEqual(kubeconfigFiles(setting, "/home/me"), expected);
    });
  }
});
