import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as labelValues from "../../../src/telemetry/label-values.ts";
import { overflowLabelValue } from "../../../src/telemetry/metric-table.ts";

suite("label-values", () => {
  test("are lower-case words, none of them twice, none the overflow's", () => {
    for (const [name, list] of Object.entries(labelValues)) {
      const values = Object.values(list);
      assert.equal(new Set(values).size, values.length, name);
      for (const value of values) assert.match(value, /^[a-z][a-z_]*$/, name);
      assert.ok(!values.includes(overflowLabelValue));
    }
  });
});
