import { readFileSync } from "node:fs";

import { isMap, isScalar, parseDocument, type YAMLMap } from "yaml";

import { packageVersion } from "../../src/cli/package-version.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { json } from "./json.ts";
import type { GeneratedPage } from "./page.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** helm/tidings/values.schema.json: `config` from the configuration's schema, the rest from values.yaml. */
export const chartSchema: GeneratedPage = {
  path: "helm/tidings/values.schema.json",
  render: () => {
    const values = readFileSync(new URL("../../helm/tidings/values.yaml", import.meta.url), "utf8");
    return `${json(valuesSchema(values), "")}\n`;
  },
};

/** Where chart and image repeat the version of package.json. */
export const versionPages: readonly GeneratedPage[] = [
  versionPage("helm/tidings/Chart.yaml", [/^version: (.+)$/m, /^appVersion: "(.+)"$/m]),
  versionPage("Dockerfile", [/^ARG VERSION=(.+)$/m]),
];

function versionPage(path: string, lines: readonly RegExp[]): GeneratedPage {
  return {
    path,
    render(current) {
      if (current === undefined) return undefined;
      let text = current;
      for (const line of lines) {
        const [whole, version] = line.exec(text) ?? [];
        if (whole === undefined || version === undefined) {
          throw new Error(`${path} has no line ${line.source} for the version`);
        }
        text = text.replace(whole, whole.replace(version, packageVersion()));
      }
      return text;
    },
  };
}

/**
 * What Helm checks before it sends anything, in draft 7, which Helm 3 and 4 know both. Throws where a value has no
 * comment or nothing says what it may be: it would be neither explained nor checked.
 */
export function valuesSchema(valuesText: string): JsonSchema {
  const { contents } = parseDocument(valuesText);
  if (!isMap(contents)) throw new Error("values.yaml is no mapping");
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the chart tidings",
    type: "object",
    properties: {
      ...propertiesOf(contents, []),
      // Helm's own, where the chart is part of another one.
      global: { type: "object" },
    },
    additionalProperties: false,
  };
}

function propertiesOf(map: YAMLMap, parent: readonly string[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [index, { key, value }] of map.items.entries()) {
    if (!isScalar(key)) throw new Error("values.yaml has a key that is no text");
    const name = String(key.value);
    const path = [...parent, name];
    // A comment above a mapping's first key is the mapping's.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    if (typeof comment !== "string") throw new Error(`values.yaml: ${path.join(".")} has no comment`);
    // Above the first key stand also the words that begin the file.
    const description = comment.split("\n\n").at(-1)?.replaceAll(/^ /gm, "") ?? "";
    const rule = rules[path.join(".")];
    if (rule === undefined)
      throw new Error(`scripts/docs/chart.ts does not say what ${path.join(".")} may be`);
    properties[name] =
      rule === "mapping" && isMap(value)
        ? { description, type: "object", properties: propertiesOf(value, path), additionalProperties: false }
        : { description, ...(rule === "mapping" ? {} : rule) };
  }
  return properties;
}

const text: JsonSchema = { type: "string" };
const texts: JsonSchema = { type: "object", additionalProperties: { type: "string" } };
const name: JsonSchema = { type: "string", maxLength: 63 };
/** A part of a Kubernetes object: the API server knows what it may hold. */
const kubernetes: JsonSchema = { type: "object" };
const kubernetesList: JsonSchema = { type: "array", items: { type: "object" } };
const namedList: JsonSchema = { type: "array", items: { type: "object", required: ["name"] } };

/** What each value may be, by its path; `mapping`: each of its keys has a rule of its own. */
const rules: Readonly<Record<string, JsonSchema | "mapping">> = {
  config: configSchema(),
  replicas: { type: "integer", minimum: 0 },
  image: "mapping",
  "image.repository": { type: "string", minLength: 1 },
  "image.tag": text,
  "image.digest": { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" },
  "image.pullPolicy": { type: "string", enum: ["Always", "IfNotPresent", "Never"] },
  imagePullSecrets: namedList,
  nameOverride: name,
  fullnameOverride: name,
  commonLabels: texts,
  podLabels: texts,
  podAnnotations: texts,
  extraEnv: namedList,
  extraEnvFrom: kubernetesList,
  extraVolumes: namedList,
  extraVolumeMounts: namedList,
  resources: kubernetes,
  podSecurityContext: kubernetes,
  securityContext: kubernetes,
  terminationGracePeriodSeconds: { type: "integer", minimum: 0 },
  priorityClassName: text,
  nodeSelector: texts,
  tolerations: kubernetesList,
  affinity: kubernetes,
  topologySpreadConstraints: kubernetesList,
};

/** The configuration's own schema, without its head, and with patterns that Helm's regular expressions (Go's) can read. */
function configSchema(): JsonSchema {
  const { $schema: _, title: __, ...schema } = configJsonSchema();
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "pattern" && typeof value === "string"
      ? value.replaceAll(/\\u00([0-9A-Fa-f]{2})/g, String.raw`\x$1`)
      : value,
  );
}
