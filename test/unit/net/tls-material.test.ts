import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { isSameMaterial } from "../../../src/net/tls-material.ts";

const material = { ca: "a", cert: "b", key: "c", servername: "d", rejectUnauthorized: true };

suite("TLS material", () => {
  test("the same text is the same material", () => {
    assert.equal(isSameMaterial(material, { ...material }), true);
    assert.equal(isSameMaterial({}, { ca: undefined }), true);
  });

  for (const change of [
    { ca: "x" },
    { cert: "x" },
    { key: "x" },
    { servername: "x" },
    { rejectUnauthorized: false },
    { cert: undefined },
  ]) {
    test(`another ${Object.keys(change).join()} is another one: ${Object.values(change).join()}`, () => {
      assert.equal(isSameMaterial(material, { ...material, ...change }), false);
    });
  }
});
