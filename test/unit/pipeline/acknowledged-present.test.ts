import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { AcknowledgedPresent } from "../../../src/pipeline/acknowledged-present.ts";

suite("when the acknowledged position was the present", () => {
  test("is when what is read was, as long as all of it is acknowledged", () => {
    const present = new AcknowledgedPresent();
    assert.equal(present.at("100", "100", 1000), 1000);
    assert.equal(present.at("100", "100", 3000), 3000);
  });

  test("stays where it was while the endpoint is away, however much is read", () => {
    const present = new AcknowledgedPresent();
    present.at("100", "100", 1000);
    for (let hour = 1; hour <= 5; hour += 1) {
      assert.equal(present.at("100", String(100 + hour), hour * 3_600_000), 1000);
    }
  });

  test("follows a stream that is never acknowledged to its end", () => {
    const present = new AcknowledgedPresent();
    present.at("100", "110", 1000);
    assert.equal(present.at("109", "120", 3000), 0);
    assert.equal(present.at("110", "130", 5000), 1000);
    assert.equal(present.at("130", "140", 7000), 5000);
    // Longer: as text, the shorter one would be the higher.
    assert.equal(present.at("1000", "1001", 9000), 7000);
  });

  test("is that of the first list once this is acknowledged, although more is read by then", () => {
    const present = new AcknowledgedPresent();
    assert.equal(present.at(undefined, "100", 1000), 0);
    assert.equal(present.at(undefined, "101", 9000), 0);
    assert.equal(present.at("100", "102", 9000), 1000);
  });

  test("is unknown in another history until there is a position", () => {
    const present = new AcknowledgedPresent();
    present.at("100", "100", 1000);
    assert.equal(present.at(undefined, undefined, 2000), 0);
    assert.equal(present.at("7", "9", 2000), 0);
    assert.equal(present.at("9", "9", 3000), 3000);
  });
});
