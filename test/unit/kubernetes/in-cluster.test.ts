import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { inClusterAccess, serviceAccountNamespace } from "../../../src/kubernetes/in-cluster.ts";
import { movedClock } from "../net/moved-clock.ts";
import { temporaryFolder } from "../net/temporary-folder.ts";

suite("in-cluster access", () => {
  test("token and CA are read again as they rotate, after a 401 at once", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "token"), "first\n");
    await writeFile(join(folder.path, "ca.crt"), "CA");
    const clock = movedClock();
    const access = inClusterAccess({ host: "10.0.0.1", port: "443", directory: folder.path }, clock.runtime);

    assert.deepEqual(await access.authorization(), { authorization: "Bearer first" });
    assert.equal((await access.tls()).ca, "CA");
    await writeFile(join(folder.path, "token"), "second");
    assert.deepEqual(await access.authorization(), { authorization: "Bearer first" });
    await access.refreshAuthorization();
    assert.deepEqual(await access.authorization(), { authorization: "Bearer second" });

    await writeFile(join(folder.path, "token"), "the third");
    await writeFile(join(folder.path, "ca.crt"), "new CA");
    clock.pass(60_000);
    assert.deepEqual(await access.authorization(), { authorization: "Bearer the third" });
    assert.equal((await access.tls()).ca, "new CA");
  });

  test("the address", () => {
    const { runtime } = movedClock();
    assert.equal(inClusterAccess({ host: "fd00::1", port: "443" }, runtime).origin, "https://[fd00::1]:443");
    assert.equal(
      inClusterAccess({ host: "10.0.0.1", port: "6443" }, runtime).origin,
      "https://10.0.0.1:6443",
    );
  });

  test("a token that is not mounted is named", async () => {
    const access = inClusterAccess(
      { host: "10.0.0.1", port: "443", directory: "/nowhere" },
      movedClock().runtime,
    );
    await assert.rejects(access.authorization(), {
      message: "Cannot read /nowhere/token: there is no such file",
    });
  });

  test("the pod's own namespace, and none where no service account is mounted", async () => {
    await using folder = await temporaryFolder();
    assert.equal(serviceAccountNamespace(folder.path), undefined);
    await writeFile(join(folder.path, "namespace"), "monitoring\n");
    assert.equal(serviceAccountNamespace(folder.path), "monitoring");
  });
});
