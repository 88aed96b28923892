import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { recordAttributes } from "../../../src/model/attributes.ts";
import { gapAttributes } from "../../../src/model/gap-attributes.ts";

/** Also on the records of Events, with the same meaning. */
const shared = ["event.name", "log.record.uid"];

suite("the table of a gap's attributes", () => {
  test("no name stands for two things, there or on the records of Events", () => {
    const names = gapAttributes.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const ofEvents = new Set(recordAttributes.map(({ name }) => name));
    assert.deepEqual(
      names.filter((name) => ofEvents.has(name)),
      shared,
    );
  });

  test("what is its own begins with its record's name", () => {
    for (const { name } of gapAttributes) {
      assert.ok(shared.includes(name) || name.startsWith("tidings.gap."), name);
    }
  });
});
