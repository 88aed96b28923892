/** What helm makes of the chart, for the values that people give it; without a cluster. `pods.e2e.ts` installs it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { promisify } from "node:util";

import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";

import { formatFault } from "../../src/config/fault.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { ensureClients, whyNoClients } from "../lab/clients.ts";

const run = promisify(execFile);
const name = "The chart";
const root = join(import.meta.dirname, "../..");
const chart = join(root, "helm/tidings");
const endpoint = "config.otlp.endpoint=http://otel-collector.observability:4318";

const reason = await whyNoClients();
if (reason === undefined) suite(name, chartTests);
else {
  process.stderr.write(`SKIPPED: ${name}: ${reason}\n`);
  suite(name, { skip: reason });
}

type KubeObject = z.infer<typeof kubeObject>;
const kubeObject = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

function chartTests(): void {
  let helm: string;

  before(async () => {
    ({ helm } = await ensureClients());
  });

  /** Runs helm, where no file of the user's is read. Rejects with what it said. */
  async function call(...args: readonly string[]): Promise<string> {
    return (await run(helm, args, { env: { ...process.env, HOME: tmpdir(), KUBECONFIG: "/dev/null" } }))
      .stdout;
  }

  /** All objects, with values as `--set` takes them. */
  async function render(values: readonly string[], release = "tidings"): Promise<readonly KubeObject[]> {
    const set = values.flatMap((value) => ["--set", value]);
    const text = await call("template", release, chart, "--namespace", "observability", ...set);
    return parseAllDocuments(text).map((document) => kubeObject.parse(document.toJS()));
  }

  async function annotations(...values: readonly string[]): Promise<Readonly<Record<string, string>>> {
    return deployment(await render([endpoint, ...values])).spec.template.metadata.annotations;
  }

  async function image(...values: readonly string[]): Promise<string> {
    return podSpec(await render([endpoint, "image.repository=here/tidings", ...values])).containers[0].image;
  }

  const refused = (values: readonly string[], words: RegExp): Promise<void> =>
    assert.rejects(render(values), (error: unknown) => {
      assert.match(String(error), words);
      return true;
    });

  test("is in order, and says nothing else than that an icon is missing", async () => {
    const said = await call("lint", "--strict", chart, "--set", endpoint);
    assert.match(said, /0 chart\(s\) failed/);
    assert.deepEqual(said.match(/^\[.*$/gm), ["[INFO] Chart.yaml: icon is recommended"]);
  });

  test("grants what is documented, and no more", async () => {
    const objects = await render([endpoint]);
    const documented = parseAllDocuments(await readFile(join(root, "deploy/rbac.yaml"), "utf8")).map((one) =>
      kubeObject.parse(one.toJS()),
    );
    for (const kind of ["ClusterRole", "Role"]) {
      assert.deepEqual(the(objects, kind)["rules"], the(documented, kind)["rules"]);
    }
    assert.doesNotMatch(
      JSON.stringify(objects.filter((object) => object.kind.endsWith("Role"))),
      /\*|secrets|create/,
    );
    assert.deepEqual(the(objects, "RoleBinding")["subjects"], the(objects, "ClusterRoleBinding")["subjects"]);
  });

  test("makes a Lease in which nothing stands that an upgrade could take back", async () => {
    const lease = the(await render([endpoint]), "Lease");
    assert.deepEqual(Object.keys(lease).toSorted(), ["apiVersion", "kind", "metadata"]);
    assert.deepEqual(Object.keys(lease.metadata).toSorted(), ["labels", "name", "namespace"]);
  });

  test("asks for what Pod Security restricted demands", async () => {
    const { securityContext, containers } = podSpec(await render([endpoint]));
    assert.deepEqual(securityContext, {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(containers[0].securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("leaves the user to a platform that chooses it", async () => {
    const nulls = ["podSecurityContext.runAsUser=null", "podSecurityContext.runAsGroup=null"];
    const { securityContext } = podSpec(await render([endpoint, ...nulls]));
    assert.deepEqual(Object.keys(securityContext).toSorted(), ["runAsNonRoot", "seccompProfile"]);
  });

  test("hands the configuration on, as the program reads it", async () => {
    const config = await configOf(
      await render([
        endpoint,
        "config.cluster.name=production-1",
        "config.processor.baselinesMax=10000000",
        "config.otlp.queue.bytesMax=64MiB",
        "config.processor.filter.exclude[0].namespaces={kube-system,test-*}",
      ]),
    );
    assert.equal(config.cluster.name, "production-1");
    assert.equal(config.processor.baselinesMax, 10_000_000);
    assert.equal(config.otlp.queue.bytesMax, 64 * 1_024 * 1_024);
    assert.deepEqual(config.processor.filter.exclude[0]?.namespaces, ["kube-system", "test-*"]);
    assert.equal(config.leader.name, "tidings");
    assert.equal(config.leader.namespace, "observability");
  });

  test("starts the pods anew when the configuration changes, and not otherwise", async () => {
    assert.deepEqual(await annotations(), await annotations("replicas=3"));
    assert.notDeepEqual(await annotations(), await annotations("config.log.level=debug"));
  });

  test("names everything by the release, the Lease too", async () => {
    const objects = await render([endpoint], "events");
    for (const { kind, metadata } of objects) {
      assert.equal(metadata.name.replace("observability:", ""), "events-tidings", kind);
      if (!kind.startsWith("Cluster")) assert.equal(metadata.namespace, "observability", kind);
    }
    assert.equal((await configOf(objects)).leader.name, "events-tidings");
    assert.match(JSON.stringify(the(objects, "Role")["rules"]), /"resourceNames":\["events-tidings"\]/);
  });

  test("puts the Lease and its Role where the configuration says", async () => {
    const objects = await render([endpoint, "config.leader.namespace=leases", "config.leader.name=one"]);
    assert.deepEqual(
      [the(objects, "Lease").metadata.namespace, the(objects, "Lease").metadata.name],
      ["leases", "one"],
    );
    assert.equal(the(objects, "Role").metadata.namespace, "leases");
    assert.equal(the(objects, "RoleBinding").metadata.namespace, "leases");
  });

  test("without an election there is neither Lease nor Role, and but one replica", async () => {
    const never = [endpoint, "config.leader.election=never"];
    await refused(never, /every replica would deliver every Event: set replicas to 1/);
    const kinds = (await render([...never, "replicas=1"])).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), [
      "ClusterRole",
      "ClusterRoleBinding",
      "ConfigMap",
      "Deployment",
      "ServiceAccount",
    ]);
  });

  test("asks where to send, unless it knows or need not", async () => {
    await refused([], /Where to\? Say --set config\.otlp\.endpoint=http/);
    await render(["config.output=stdout"]);
    await render(["config.otlp.logsEndpoint=http://loki/otlp/v1/logs"]);
    await render(["extraEnv[0].name=OTEL_EXPORTER_OTLP_ENDPOINT", "extraEnv[0].value=http://collector:4318"]);
    await render(["extraEnvFrom[0].secretRef.name=otlp"]);
  });

  test("probes the port on which tidings listens", async () => {
    const ports = async (...values: readonly string[]): Promise<unknown> =>
      podSpec(await render([endpoint, ...values])).containers[0].ports;
    assert.deepEqual(await ports(), [{ name: "http", containerPort: 8080 }]);
    assert.deepEqual(await ports("config.http.listen=[::]:9090"), [{ name: "http", containerPort: 9090 }]);
    await refused([endpoint, "config.http.listen=off"], /config\.http\.listen cannot be "off"/);
  });

  test("takes a digest before a tag, and a tag before its own version", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const { version } = z.object({ version: z.string() }).parse(parse(await call("show", "chart", chart)));
    assert.equal(await image(), `here/tidings:${version}`);
    assert.equal(await image("image.tag=main"), "here/tidings:main");
    assert.equal(await image("image.tag=main", `image.digest=${digest}`), `here/tidings@${digest}`);
  });

  test("refuses what neither it nor the program knows, by its path", async () => {
    await refused([endpoint, "relicas=3"], /at '': additional properties 'relicas' not allowed/);
    await refused([endpoint, "image.pullPolicy=always"], /at '\/image\/pullPolicy'/);
    await refused(
      [endpoint, "config.otlp.endpiont=x"],
      /at '\/config\/otlp': additional properties 'endpiont' not allowed/,
    );
    await refused(
      [endpoint, "config.otlp.timeout=10"],
      /at '\/config\/otlp\/timeout': got number, want string/,
    );
    await refused([endpoint, "config.otlp.headers.x=a\nb"], /at '\/config\/otlp\/headers\/x'/);
    await render([endpoint, "global.of=another chart", "config.otlp.headers.X-Scope-OrgID=a"]);
  });
}

function the(objects: readonly KubeObject[], kind: string): KubeObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  assert.ok(found, `there is no ${kind}`);
  assert.equal(more.length, 0, `there are several ${kind}s`);
  return found;
}

const securityContext = z.record(z.string(), z.unknown());
const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      spec: z.object({
        securityContext,
        containers: z.tuple([z.object({ image: z.string(), ports: z.unknown(), securityContext })]),
      }),
    }),
  }),
});

function deployment(objects: readonly KubeObject[]): z.infer<typeof deploymentSchema> {
  return deploymentSchema.parse(the(objects, "Deployment"));
}

function podSpec(
  objects: readonly KubeObject[],
): z.infer<typeof deploymentSchema>["spec"]["template"]["spec"] {
  return deployment(objects).spec.template.spec;
}

/** What the program makes of the file in the ConfigMap. */
async function configOf(objects: readonly KubeObject[]): Promise<Config> {
  const { data } = z
    .object({ data: z.object({ "tidings.yaml": z.string() }) })
    .parse(the(objects, "ConfigMap"));
  const files = { read: () => data["tidings.yaml"], check: () => undefined };
  const loaded = await loadConfig({ file: "tidings.yaml", environment: {}, files });
  if (loaded.ok) return loaded.config;
  return assert.fail(loaded.faults.map(formatFault).join("\n"));
}
