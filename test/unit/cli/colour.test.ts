import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";

import { hasColour, styled } from "../../../src/cli/colour.ts";

const cases: readonly (readonly [
  name: string,
  isTTY: boolean,
  environment: Readonly<Record<string, string>>,
  expected: boolean,
])[] = [
  ["a terminal", true, { TERM: "xterm" }, true],
  ["a pipe", false, { TERM: "xterm" }, false],
  ["a terminal that knows no colours", true, { TERM: "dumb" }, false],
  ["NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR", true, { NO_COLOR: "" }, true],
  ["FORCE_COLOR in a pipe", false, { FORCE_COLOR: "1" }, true],
  ["FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ["both: NO_COLOR wins", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
];

for (const [name, isTTY, environment, expected] of cases) {
  test(`Colours: ${name}`, () => {
    assert.equal(hasColour(Object.assign(new PassThrough(), { isTTY }), environment), expected);
  });
}

test("A styled text is styled whatever this process writes to", () => {
  assert.equal(styled("red", "x"), "\u001B[31mx\u001B[39m");
});
