import assert from "node:assert/strict";
import { test } from "node:test";

import { configurationPage, configurationSchema } from "../../../scripts/docs/configuration.ts";
import { formatFault } from "../../../src/config/fault.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const page = configurationPage.render(undefined) ?? "";
const examples = Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, text]) => text ?? "");

/** With every file there that an example names. */
const load = (text: string) =>
  loadConfig({ file: "c.yaml", environment: {}, files: { read: () => text, check: () => undefined } });

test("Every example of docs/configuration.md is valid, and the last is the defaults", async () => {
  assert.ok(examples.length > 3);
  for (const text of examples) {
    const result = await load(text);
    assert.deepEqual(result.ok ? [] : result.faults.map(formatFault), []);
  }
  const [last, defaults] = [await load(examples.at(-1) ?? ""), await loadConfig({ environment: {} })];
  assert.deepEqual(last.ok && last.config, defaults.ok && defaults.config);
});

test("The JSON Schema knows every setting, refuses unknown keys and keeps what only we need out", () => {
  const schema: unknown = JSON.parse(configurationSchema.render(undefined) ?? "");
  const text = JSON.stringify(schema);
  assert.ok(
    text.includes('"recordsMax":{"description":"Records in one request","default":1000,"type":"integer"'),
  );
  assert.ok(text.includes('"writeOnly":true'));
  assert.ok(!text.includes('"secret"') && !text.includes('"kind":"'));
  assert.ok(text.includes('"title":"tidings configuration"'));
});

test("A configuration that the page does not mention does not exist", async () => {
  const result = await loadConfig({ file: "c.yaml", environment: {}, files: memoryFiles({ "c.yaml": "" }) });
  assert.ok(result.ok);
  for (const { name, variable } of result.written.settings.leaves.values()) {
    assert.ok(page.includes(`| \`${name}\` |`), name);
    assert.ok(page.includes(`\`${variable}\``), variable);
  }
});
