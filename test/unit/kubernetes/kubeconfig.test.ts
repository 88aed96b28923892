import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { kubeconfigAccess } from "../../../src/kubernetes/kubeconfig.ts";
import { movedClock } from "../net/moved-clock.ts";
import { temporaryFolder } from "../net/temporary-folder.ts";
import { kubeconfig } from "./sample-kubeconfig.ts";
import type { SampleOptions } from "./sample-kubeconfig.ts";

async function accessOf(folder: string, sample: SampleOptions) {
  const file = join(folder, "config");
  await writeFile(file, kubeconfig(sample));
  const clock = movedClock();
  return { access: await kubeconfigAccess({ files: [file] }, clock.runtime), clock, file };
}

suite("kubeconfig access", () => {
  test("certificates from files beside it or from the text, and whom to trust", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "ca.crt"), "CA of the file");
    const { access, clock, file } = await accessOf(folder.path, {
      server: "https://api:6443/clusters/c-1",
      cluster: [
        "certificate-authority: ca.crt",
        "tls-server-name: kubernetes",
        "proxy-url: http://proxy:3128",
      ],
      user: [
        `client-certificate-data: ${Buffer.from("CERT").toString("base64")}`,
        `client-key-data: ${Buffer.from("KEY").toString("base64")}`,
      ],
    });
    assert.equal(access.origin, "https://api:6443/clusters/c-1");
    assert.equal(access.proxyUrl, "http://proxy:3128");
    assert.equal(access.describes, `context "dev" of ${file}`);
    const material = await access.tls();
    assert.deepEqual(material, {
      ca: "CA of the file",
      cert: "CERT",
      key: "KEY",
      servername: "kubernetes",
      rejectUnauthorized: undefined,
    });
    assert.deepEqual(await access.authorization(), {});
    clock.pass(60_000);
    assert.equal(await access.tls(), material);
    await writeFile(join(folder.path, "ca.crt"), "a renewed CA");
    clock.pass(60_000);
    assert.equal((await access.tls()).ca, "a renewed CA");
  });

  test("no check at all where it says so, also for a context without a user", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "config");
    const text = kubeconfig({ cluster: ["insecure-skip-tls-verify: true"] });
    await writeFile(file, text.replace("    user: me\n", ""));
    const access = await kubeconfigAccess({ files: [file] }, movedClock().runtime);
    assert.equal((await access.tls()).rejectUnauthorized, false);
    assert.deepEqual(await access.authorization(), {});
  });

  const users: readonly {
    name: string;
    user: readonly string[];
    headers: Readonly<Record<string, string>>;
  }[] = [
    { name: "a token", user: ["token: abc"], headers: { authorization: "Bearer abc" } },
    {
      name: "a name and a password",
      user: ["username: me", "password: pass"],
      headers: { authorization: `Basic ${Buffer.from("me:pass").toString("base64")}` },
    },
    {
      name: "somebody else",
      user: ["token: abc", "as: jane"],
      headers: { authorization: "Bearer abc", "impersonate-user": "jane" },
    },
  ];
  for (const { name, user, headers } of users) {
    test(`${name} becomes headers`, async () => {
      await using folder = await temporaryFolder();
      const { access } = await accessOf(folder.path, { user });
      assert.deepEqual(await access.authorization(), headers);
    });
  }

  test("a token file is read again as it rotates, after a 401 at once", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "token"), "first\n");
    const { access, clock } = await accessOf(folder.path, { user: ["tokenFile: token"] });
    assert.deepEqual(await access.authorization(), { authorization: "Bearer first" });
    await writeFile(join(folder.path, "token"), "second\n");
    await access.refreshAuthorization();
    assert.deepEqual(await access.authorization(), { authorization: "Bearer second" });
    await writeFile(join(folder.path, "token"), "the third\n");
    clock.pass(60_000);
    assert.deepEqual(await access.authorization(), { authorization: "Bearer the third" });
  });

  test("a token that was replaced in the kubeconfig counts after a 401", async () => {
    await using folder = await temporaryFolder();
    const { access, file } = await accessOf(folder.path, { user: ["token: old"] });
    assert.deepEqual(await access.authorization(), { authorization: "Bearer old" });
    await writeFile(file, kubeconfig({ user: ["token: new"] }));
    await access.refreshAuthorization();
    assert.deepEqual(await access.authorization(), { authorization: "Bearer new" });
    await writeFile(file, "no: kubeconfig");
    await access.refreshAuthorization();
    assert.deepEqual(await access.authorization(), { authorization: "Bearer new" });
  });

  test("an exec plugin is told what it may do, asked once, and asked again after a 401", async () => {
    await using folder = await temporaryFolder();
    const plugin = join(folder.path, "plugin.sh");
    const calls = join(folder.path, "calls");
    await writeFile(
      plugin,
      `#!/bin/sh
echo "$KUBERNETES_EXEC_INFO $1" >> ${calls}
echo '{"kind":"ExecCredential","status":{"token":"t'$(wc -l < ${calls} | tr -d ' ')'"}}'
`,
    );
    await chmod(plugin, 0o755);
    const { access, clock } = await accessOf(folder.path, {
      user: [
        "exec:",
        "  apiVersion: client.authentication.k8s.io/v1",
        "  command: ./plugin.sh",
        "  args: [login]",
      ],
    });
    assert.deepEqual(await access.authorization(), { authorization: "Bearer t1" });
    clock.pass(60_000);
    assert.deepEqual(await access.authorization(), { authorization: "Bearer t1" });
    await access.refreshAuthorization();
    assert.deepEqual(await access.authorization(), { authorization: "Bearer t2" });
    const told =
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}} login';
    assert.equal(await readFile(calls, "utf8"), `${told}\n${told}\n`);
  });

  test("an exec plugin that fails is quoted", async () => {
    await using folder = await temporaryFolder();
    const { access, file } = await accessOf(folder.path, {
      user: ["exec:", "  command: sh", '  args: [-c, "echo please log in >&2; exit 1"]'],
    });
    await assert.rejects(access.authorization(), {
      message: `Context "dev" of ${file} gives no credentials: please log in`,
    });
  });

  test("no credential goes out in clear text", async () => {
    await using folder = await temporaryFolder();
    const { access } = await accessOf(folder.path, { server: "http://127.0.0.1:8001", user: ["token: abc"] });
    assert.deepEqual(await access.authorization(), {});
    assert.deepEqual(await access.tls(), {});
  });

  test("addresses that cannot be used are named", async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(accessOf(folder.path, { server: "api:6443" }), {
      message: `The cluster "main" of context "dev" of ${join(folder.path, "config")} has no address that begins with https:// or http://: api:6443`,
    });
    await assert.rejects(accessOf(folder.path, { cluster: ["proxy-url: socks5://proxy:1080"] }), {
      message: /has a proxy-url that is not supported; an http:\/\/ proxy is$/,
    });
  });
});
