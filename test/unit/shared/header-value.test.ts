import assert from "node:assert/strict";
import { OutgoingMessage } from "node:http";
import { test } from "node:test";

import { isHeaderValue } from "../../../src/shared/header-value.ts";

test("a value is what Node's client takes", () => {
  const outgoing = new OutgoingMessage();
  for (let code = 0; code < 0x180; code += 1) {
    const text = `a${String.fromCharCode(code)}b`;
    let taken = true;
    try {
      outgoing.setHeader("x", text);
    } catch {
      taken = false;
    }
    assert.equal(isHeaderValue(text), taken, `character ${code}`);
  }
});
