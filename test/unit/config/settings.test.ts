import assert from "node:assert/strict";
import { test } from "node:test";

import { configFlags } from "../../../src/cli/config-flags.ts";
import { valuesFromEnvironment } from "../../../src/config/environment.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { settingsOf } from "../../../src/config/settings.ts";
import { processorDefaults } from "../../../src/processor/processor.ts";
import { eventSourceDefaults } from "../../../src/source/event-source.ts";
import { logLevels } from "../../../src/telemetry/describe.ts";
import { metricsDefaults } from "../../../src/telemetry/metrics.ts";

const settings = settingsOf();

test("Each setting has a meaning, a kind in words, a default and a variable of its own", () => {
  const variables = new Set<string>();
  for (const setting of settings.leaves.values()) {
    assert.notEqual(setting.meaning, "", setting.name);
    assert.notEqual(setting.kind, "undefined", setting.name);
    assert.notEqual(setting.defaultValue, undefined, setting.name);
    assert.match(setting.variable, /^TIDINGS_[A-Z]+(?:_[A-Z]+)*$/);
    assert.ok(!variables.has(setting.variable), setting.variable);
    variables.add(setting.variable);
  }
  for (const section of settings.sections.values()) {
    if (section.name !== "") assert.notEqual(section.meaning, "", section.name);
  }
});

test("No setting's variable is one that Kubernetes makes for a Service called tidings", () => {
  for (const { variable } of settings.leaves.values()) {
    // What looks like a service link is passed over in silence; a wrong letter in it must not be.
    assert.equal(valuesFromEnvironment({ [`${variable}X`]: "1" }, settings).faults.length, 1, variable);
  }
});

test("Each flag sets a setting, with the words that the setting has", () => {
  for (const { flag, path, words } of configFlags) {
    const setting = settings.leaves.get(path.join("."));
    assert.ok(setting !== undefined, flag);
    for (const word of words) assert.ok(setting.kind.includes(`\`${word}\``), `${flag} ${word}`);
  }
});

test("The defaults are those of the parts", async () => {
  const result = await loadConfig({ environment: {} });
  assert.ok(result.ok);
  const { source, processor, metrics } = result.config;
  assert.deepEqual(source, {
    startFrom: eventSourceDefaults.startFrom,
    pageSize: eventSourceDefaults.pageSize,
    heldBytesMax: eventSourceDefaults.heldBytesMax,
  });
  assert.equal(processor.messageBytesMax, processorDefaults.messageBytesMax);
  assert.equal(processor.baselinesMax, processorDefaults.baselinesMax);
  assert.deepEqual(processor.redact.builtin, processorDefaults.redactions);
  assert.deepEqual(processor.filter, processorDefaults.filter);
  assert.deepEqual(metrics, {
    seriesMax: metricsDefaults.seriesMax,
    idleAfterMs: metricsDefaults.idleAfterMs,
  });
  assert.ok(logLevels.includes(result.config.log.level));
});
