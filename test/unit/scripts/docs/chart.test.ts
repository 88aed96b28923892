import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";

import { parse } from "yaml";
import { z } from "zod";

import { chartSchema, valuesSchema, versionPages } from "../../../../scripts/docs/chart.ts";
import { packageVersion } from "../../../../src/cli/package-version.ts";

const values = readFileSync(new URL("../../../../helm/tidings/values.yaml", import.meta.url), "utf8");
const node = z.looseObject({
  description: z.string().optional(),
  additionalProperties: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), node).optional();
  },
});

function schemaAt(...path: readonly string[]): z.infer<typeof node> {
  let at = node.parse(valuesSchema(values));
  for (const key of path) {
    const child: z.infer<typeof node> | undefined = at.properties?.[key];
    assert.ok(child, `no schema at ${path.join(".")}`);
    at = child;
  }
  return at;
}

suite("the chart's values.schema.json", () => {
  test("knows every value and, but for Helm's own, no other", () => {
    const known = Object.keys(schemaAt().properties ?? {}).toSorted();
    assert.deepEqual(
      known,
      [...Object.keys(z.record(z.string(), z.unknown()).parse(parse(values))), "global"].toSorted(),
    );
    assert.equal(schemaAt().additionalProperties, false);
    assert.equal(schemaAt("image").additionalProperties, false);
  });

  test("refuses unknown settings of tidings, as tidings does", () => {
    assert.equal(schemaAt("config").additionalProperties, false);
    assert.equal(schemaAt("config", "otlp", "batch").additionalProperties, false);
  });

  test("says of each value what the comment above it says, and not how the file begins", () => {
    assert.equal(schemaAt("image", "pullPolicy").description, "When the kubelet pulls it.");
    assert.match(schemaAt("config").description ?? "", /^tidings' configuration file/);
  });

  test("has only regular expressions that Go reads too", () => {
    const patterns = Array.from(
      (chartSchema.render(undefined) ?? "").matchAll(/"pattern": "(.+)"/g),
      ([, pattern = ""]) => pattern,
    );
    assert.ok(patterns.length > 3);
    // https://pkg.go.dev/regexp/syntax has neither \u nor a look at what stands around.
    assert.deepEqual(
      patterns.filter((pattern) => /\\u|\(\?[=!<]/.test(pattern)),
      [],
    );
  });

  test("cannot be made where a value is not explained, or nothing says what it may be", () => {
    assert.throws(() => valuesSchema("replicas: 2"), /replicas has no comment/);
    assert.throws(() => valuesSchema("# What?\nreplica: 2"), /does not say what replica may be/);
    assert.throws(() => valuesSchema("# An image.\nimage:\n  tag: a"), /image.tag has no comment/);
  });
});

test("chart and image carry the version of package.json", () => {
  for (const page of versionPages) {
    const path = new URL(`../../../../${page.path}`, import.meta.url);
    const text = readFileSync(path, "utf8");
    assert.equal(page.render(text), text);
    const older = text.replaceAll(packageVersion(), "0.0.9");
    assert.notEqual(older, text);
    assert.equal(page.render(older), text);
    assert.throws(() => page.render("nothing"), /for the version/);
  }
});
