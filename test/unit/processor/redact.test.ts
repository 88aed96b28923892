import assert from "node:assert/strict";
import { test } from "node:test";

import { redactionNames } from "../../../src/model/redaction-names.ts";
import { createRedactor } from "../../../src/processor/redact.ts";

const hex36 = "0123456789abcdefABCDEF0123456789abcd";

test("only the kinds asked for are looked for", () => {
  const only = createRedactor(["password"], []);
  assert.deepEqual(only(`password=x9 glpat-${hex36}`), {
    text: `password=[redacted:password] glpat-${hex36}`,
    count: 1,
  });
  assert.equal(createRedactor([], [])("password=hunter2"), undefined);
});

test("a redaction of the user's own runs after the others and counts", () => {
  const employee = {
    name: "employee",
    replace: (text: string) => ({
      text: text.replaceAll("E-1234", "[redacted:employee]"),
      count: text.split("E-1234").length - 1,
    }),
  };
  const both = createRedactor(redactionNames, [employee]);
  assert.deepEqual(both("E-1234 used password=x9, E-1234"), {
    text: "[redacted:employee] used password=[redacted:password], [redacted:employee]",
    count: 3,
  });
  assert.equal(both("nobody"), undefined);
});

test("one RegExp in many redactors: what one has found does not move another", () => {
  const [first, second] = [createRedactor(["password"], []), createRedactor(["password"], [])];
  const text = "password=one password=two";
  for (const redact of [first, second, first, second]) assert.equal(redact(text)?.count, 2);
});
