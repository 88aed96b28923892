/** What is configured wrong: the words on stderr say what it is and what to do, and nothing crashes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createAuthority } from "../../src/standin/certificate.ts";
import { writeEvent } from "../lab/event-writer.ts";
import { freePort } from "../lab/ports.ts";
import {
  createServiceAccount,
  mintToken,
  requestToken,
  writeTokenKubeconfig,
} from "../lab/service-account.ts";
import { until } from "../lab/until.ts";
import { labSuite, startLab } from "./lab-suite.ts";
import type { Lab } from "./lab-suite.ts";
import { foundRecords } from "./oracle.ts";
import { TidingsProcess } from "./tidings-process.ts";

await labSuite("What is configured wrong", () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab("words", { controllers: false });
    await writeEvent(lab.plane.admin, { namespace: "default", name: "one", note: "one Event to export" });
  });
  after(() => lab[Symbol.asyncDispose]());

  /** Starts it without waiting until it is ready: it will not be. */
  async function start(
    name: string,
    change: { readonly kubeconfig?: string; readonly endpoint?: string },
  ): Promise<TidingsProcess> {
    const tidings = await TidingsProcess.create(lab.folder, {
      name,
      kubeconfig: change.kubeconfig ?? lab.kubeconfig,
      endpoint: change.endpoint ?? lab.collector.url,
      // What cannot be delivered need not hold up the end of a test.
      config: { stop: { gracePeriod: "500ms" } },
    });
    await tidings.start();
    return tidings;
  }

  async function arrived(tidings: TidingsProcess): Promise<void> {
    await until(
      async () => ((await foundRecords(lab.loki, tidings.clusterName)).length > 0 ? true : undefined),
      { withinMs: 60_000, everyMs: 250, explain: () => tidings.explain("exported nothing") },
    );
  }

  test("no permission: the missing verb and resource are named, and giving it is enough", async () => {
    const account = await createServiceAccount(lab.plane, "powerless", []);
    const token = await requestToken(lab.plane, account);
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "powerless", { token });
    await using tidings = await start("powerless", { kubeconfig });
    const line = await tidings.untilLogged(/^.*"permission_missing".*$/m);
    assert.match(line, /list/);
    assert.match(line, /events\.k8s\.io/);
    assert.match(line, /system:serviceaccount:powerless:powerless/);
    assert.ok(tidings.isRunning, "It goes on trying");
    await createServiceAccount(lab.plane, "powerless");
    await arrived(tidings);
  });

  test("list without watch: the missing verb is watch", async () => {
    const rules = [{ apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["list"] }];
    const account = await createServiceAccount(lab.plane, "listing", rules);
    const token = await requestToken(lab.plane, account);
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "listing", { token });
    await using tidings = await start("listing", { kubeconfig });
    assert.match(await tidings.untilLogged(/^.*"permission_missing".*$/m), /watch/);
  });

  test("an expired token is refused, and the line says what to look at", async () => {
    const account = await createServiceAccount(lab.plane, "expired");
    const token = mintToken(lab.plane, account, -120);
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "expired", { token });
    await using tidings = await start("expired", { kubeconfig });
    assert.match(await tidings.untilLogged(/^.*"credentials_refused".*$/m), /401|token|credential/i);
    assert.ok(tidings.isRunning, "It goes on trying");
  });

  test("a token that no server made is refused in the same way", async () => {
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "wrong-token", { token: "not-a-token" });
    await using tidings = await start("wrong-token", { kubeconfig });
    await tidings.untilLogged(/"credentials_refused"/);
  });

  test("a wrong CA is named as such", async () => {
    const validFromMs = Date.now() - 3_600_000;
    const other = createAuthority({
      commonName: "another CA",
      validFromMs,
      validToMs: Date.now() + 3_600_000,
    });
    const options = { token: lab.token, caPem: other.caPem };
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "wrong-ca", options);
    await using tidings = await start("wrong-ca", { kubeconfig });
    assert.match(await tidings.untilLogged(/^.*"api_server_failed".*$/m), /certificate|CA/);
  });

  test("an API server that nobody listens for is named with its address", async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    const kubeconfig = await writeTokenKubeconfig(lab.plane, "nobody", { token: lab.token, server });
    await using tidings = await start("nobody", { kubeconfig });
    const line = await tidings.untilLogged(/^.*"api_server_failed".*$/m);
    assert.ok(line.includes(new URL(server).host), line);
  });

  test("an OTLP endpoint that nobody listens for is named with its address", async () => {
    const port = await freePort();
    await using tidings = await start("no-backend", { endpoint: `http://127.0.0.1:${port}` });
    const line = await tidings.untilLogged(/^.*"backend_failed".*$/m);
    assert.ok(line.includes(`127.0.0.1:${port}`), line);
    assert.ok(tidings.isRunning, "It goes on trying");
  });

  test("an endpoint that is no OTLP endpoint is named with what it answered", async () => {
    await using tidings = await start("no-otlp", { endpoint: `${lab.loki.url}/nowhere` });
    assert.match(await tidings.untilLogged(/^.*"(records_rejected|backend_failed)".*$/m), /404/);
  });
});
