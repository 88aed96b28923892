import { Document, isNode, isPair, isScalar, visit } from "yaml";

import { configFlags } from "../../src/cli/config-flags.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { settingsOf, type Setting } from "../../src/config/settings.ts";
import { setAt, type Tree } from "../../src/config/tree.ts";
import { json } from "./json.ts";
import type { GeneratedPage } from "./page.ts";

const settings = settingsOf();

/** docs/configuration.schema.json, for editors and charts. */
export const configurationSchema: GeneratedPage = {
  path: "docs/configuration.schema.json",
  render: () => `${json(configJsonSchema(), "")}\n`,
};

/** docs/configuration.md, from the schema. */
export const configurationPage: GeneratedPage = {
  path: "docs/configuration.md",
  render: () => `<!-- Made from src/config/schema.ts by \`npm run docs\`. Do not edit. -->
# Configuration

Everything has a default: \`tidings run\` without any configuration watches the cluster that kubectl talks to (in a pod:
its own) and sends to \`http://localhost:4318\`. What is set is taken from, the first that has it:

1. flags of the command line,
2. \`TIDINGS_…\` environment variables, named after the setting: \`otlp.batch.recordsMax\` is
   \`TIDINGS_OTLP_BATCH_RECORDS_MAX\`. An empty one counts as not set. Lists and mappings are written as YAML:
   \`TIDINGS_OTLP_HEADERS='{X-Scope-OrgID: team-a}'\`,
3. one YAML file, named by \`--config\` or \`TIDINGS_CONFIG\`. There is no place where one is looked for,
4. the variables that [OpenTelemetry and Kubernetes define](#variables-of-opentelemetry-and-kubernetes),
5. the defaults below.

A list or a mapping is taken whole from one of them. All of it is checked before anything starts, and every fault is
shown at once, with its place; an unknown key or \`TIDINGS_…\` variable is a fault. To check a file, and to see what is in
force and why:

\`\`\`console
$ tidings check-config --config tidings.yaml
$ tidings check-config --config tidings.yaml --effective
\`\`\`

Durations are \`200ms\`, \`10s\`, \`1h30m\`. Sizes are \`512KiB\`, \`32MiB\`, \`1GiB\` (\`Ki\`, \`Mi\`, \`Gi\` mean the same). Paths
of files are relative to the working directory. Values of headers, and users and passwords in URLs, are never printed.

An editor that knows YAML schemas completes and checks the file as you type, with
[configuration.schema.json](configuration.schema.json) beside it and this as its first line:

\`\`\`yaml
# yaml-language-server: $schema=configuration.schema.json
\`\`\`

## Settings

${sections()}
## Filter rules

A rule of \`processor.filter\` has lists of \`namespaces\`, \`kinds\`, \`reasons\`, \`types\` and \`controllers\`. It matches an Event
when each list that it has holds the Event's value; \`*\` in a value stands for any text, and the namespace \`""\` for
objects without one. An Event is exported when a rule of \`include\` matches it, or there is none, and no rule of
\`exclude\` does.

\`\`\`yaml
processor:
  filter:
    include:
      - types: [Warning]
      - reasons: [Killing, "Scaled*"]
        namespaces: [payments, "team-*"]
    exclude:
      - controllers: [cert-manager-*]
\`\`\`

## Secrets in messages

What the rules named in \`processor.redact.builtin\` find in a message becomes \`[redacted:NAME]\` before anything else sees
it. Patterns of your own are written in the [syntax of RE2](https://github.com/google/re2/wiki/Syntax), which takes
linear time whatever the message says. \`name\` has lower-case letters, digits and \`_\`.

\`\`\`yaml
processor:
  redact:
    patterns:
      - name: customer_number
        pattern: 'C-\\d{8}'
\`\`\`

## Credentials

Keep them out of the file: mount a Secret and name its files. They are re-read when they change, so a rotated token
needs no restart.

\`\`\`yaml
otlp:
  endpoint: https://otlp.example.com
  headerFiles:
    Authorization: /var/run/secrets/otlp/authorization # the whole value: Bearer …
  tls:
    ca: /var/run/secrets/otlp/ca.crt
    cert: /var/run/secrets/otlp/tls.crt
    key: /var/run/secrets/otlp/tls.key
\`\`\`

## Variables of OpenTelemetry and Kubernetes

They are defaults, with the meaning that [OpenTelemetry gives
them](https://opentelemetry.io/docs/specs/otel/protocol/exporter/): the file wins over them. Of a pair, the one for logs
wins. An endpoint set anywhere else makes both endpoint variables void.

| variable | sets | |
| --- | --- | --- |
| \`OTEL_EXPORTER_OTLP_ENDPOINT\` | \`otlp.endpoint\` | \`/v1/logs\` is appended |
| \`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\` | \`otlp.logsEndpoint\` | used as it is |
| \`OTEL_EXPORTER_OTLP_[LOGS_]HEADERS\` | \`otlp.headers\` | \`name=value,name=value\`, percent-encoded |
| \`OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT\` | \`otlp.timeout\` | in milliseconds |
| \`OTEL_EXPORTER_OTLP_[LOGS_]COMPRESSION\` | \`otlp.compression\` | \`gzip\` or \`none\` |
| \`OTEL_EXPORTER_OTLP_[LOGS_]CERTIFICATE\` | \`otlp.tls.ca\` | |
| \`OTEL_EXPORTER_OTLP_[LOGS_]CLIENT_CERTIFICATE\` | \`otlp.tls.cert\` | |
| \`OTEL_EXPORTER_OTLP_[LOGS_]CLIENT_KEY\` | \`otlp.tls.key\` | |
| \`OTEL_EXPORTER_OTLP_[LOGS_]PROTOCOL\` | nothing | tidings speaks \`http/protobuf\`. \`grpc\` is refused where the endpoint comes from these variables, since its port is another |
| \`OTEL_SERVICE_NAME\` | \`otlp.serviceName\` | |
| \`OTEL_RESOURCE_ATTRIBUTES\` | \`cluster.name\`, \`otlp.serviceName\` | its \`k8s.cluster.name\` and \`service.name\`; the others are of no use here |
| \`KUBECONFIG\` | \`kubernetes.kubeconfig\` | |

## All of it

Every setting with its default. Take what you change; the rest need not stand in the file.

\`\`\`yaml
${commentedExample()}\`\`\`
`,
};

function sections(): string {
  let text = "";
  let heading = "";
  let rows: Setting[] = [];
  const flush = (): void => {
    if (rows.length === 0) return;
    text += `| setting | type | default | meaning | variable, flag |\n| --- | --- | --- | --- | --- |\n${rows.map(row).join("")}\n`;
    rows = [];
  };
  for (const setting of settings.leaves.values()) {
    const top = setting.path[0] ?? "";
    if (top !== heading) {
      flush();
      heading = top;
      const section = settings.sections.get(top);
      text += `### ${top}\n\n${section === undefined ? "" : `${section.meaning}.\n\n`}`;
    }
    rows.push(setting);
  }
  flush();
  return text;
}

function row(setting: Setting): string {
  const flag = configFlags.find(({ path }) => path.join(".") === setting.name)?.flag;
  const names = [setting.variable, ...(flag === undefined ? [] : [flag])]
    .map((name) => `\`${name}\``)
    .join(", ");
  return `| \`${setting.name}\` | ${setting.kind} | ${defaultText(setting.defaultValue)} | ${setting.meaning} | ${names} |\n`;
}

function defaultText(value: unknown): string {
  if (value === "") return "";
  if (Array.isArray(value) && value.length > 0) return value.map((item) => `\`${String(item)}\``).join(", ");
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function commentedExample(): string {
  const tree: Tree = {};
  for (const setting of settings.leaves.values()) setAt(tree, setting.path, setting.defaultValue);
  const document = new Document(tree);
  for (const { path, meaning } of [...settings.sections.values(), ...settings.leaves.values()]) {
    const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
    visitKey(parent ?? document.contents, path.at(-1) ?? "", meaning);
  }
  return document.toString({ lineWidth: 0 });
}

/** Puts the comment above the key of the mapping. */
function visitKey(mapping: unknown, name: string, comment: string): void {
  if (!isNode(mapping)) return;
  visit(mapping, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key)) return undefined;
      if (pair.key.value === name) pair.key.commentBefore = ` ${comment}`;
      // Only the mapping's own keys.
      return visit.SKIP;
    },
  });
}
