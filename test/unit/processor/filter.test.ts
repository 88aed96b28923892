import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { EventDraft } from "../../../src/processor/event-draft.ts";
import { createFilter, type FilterOptions } from "../../../src/processor/filter.ts";

function record(fields: Partial<EventDraft> = {}): EventDraft {
  return Object.assign(new EventDraft(), {
    namespace: "payments",
    objectKind: "Pod",
    reason: "BackOff",
    severityText: "Warning",
    reportingController: "kubelet",
    ...fields,
  });
}

const cases: readonly {
  readonly name: string;
  readonly options: Partial<FilterOptions>;
  readonly exported: boolean;
}[] = [
  { name: "no rules: everything", options: {}, exported: true },
  { name: "included", options: { include: [{ namespaces: ["web", "payments"] }] }, exported: true },
  { name: "not included", options: { include: [{ namespaces: ["web"] }] }, exported: false },
  {
    name: "included by the second rule",
    options: { include: [{ types: ["Normal"] }, { kinds: ["Pod"] }] },
    exported: true,
  },
  {
    name: "a rule needs all its lists",
    options: { include: [{ kinds: ["Pod"], types: ["Normal"] }] },
    exported: false,
  },
  { name: "excluded by reason", options: { exclude: [{ reasons: ["BackOff"] }] }, exported: false },
  { name: "excluded by controller", options: { exclude: [{ controllers: ["kubelet"] }] }, exported: false },
  {
    name: "exclude wins",
    options: { include: [{ kinds: ["Pod"] }], exclude: [{ namespaces: ["payments"] }] },
    exported: false,
  },
  { name: "case matters", options: { exclude: [{ types: ["warning"] }] }, exported: true },
  { name: "an exact value is not a part", options: { exclude: [{ reasons: ["Back"] }] }, exported: true },
  {
    name: "a list given as undefined is none",
    options: { exclude: [{ kinds: undefined, reasons: ["X"] }] },
    exported: true,
  },
];

for (const { name, options, exported } of cases) {
  test(`filter: ${name}`, () => {
    assert.equal(createFilter({ include: [], exclude: [], ...options })(record()), exported);
  });
}

const globs = [
  { glob: "*", matches: ["", "BackOff"], others: [] },
  { glob: "Back*", matches: ["Back", "BackOff"], others: ["back", "ABack"] },
  { glob: "*Off", matches: ["Off", "BackOff"], others: ["Offer"] },
  { glob: "B*k*f", matches: ["Bkf", "BackOff"], others: ["BOff"] },
  { glob: "Aa*aB", matches: ["AaaB", "AaxaB"], others: ["AaB"] },
  { glob: "**ck**", matches: ["BackOff", "ck"], others: ["kc"] },
  { glob: "a.c*", matches: ["a.cd"], others: ["abcd"] },
];

for (const { glob: pattern, matches, others } of globs) {
  test(`the glob ${pattern}`, () => {
    const isExported = createFilter({ include: [{ reasons: [pattern] }], exclude: [] });
    for (const reason of matches) assert.ok(isExported(record({ reason })), reason);
    for (const reason of others) assert.ok(!isExported(record({ reason })), reason);
  });
}

test("cluster-scoped objects are the empty namespace", () => {
  const isExported = createFilter({ include: [{ namespaces: [""] }], exclude: [] });
  assert.ok(isExported(record({ namespace: "" })));
  assert.ok(!isExported(record()));
});

const glob = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
const plain = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });

test("a glob agrees with the regular expression that it stands for", () => {
  fc.assert(
    fc.property(glob, plain, (pattern, reason) => {
      const isExported = createFilter({ include: [{ reasons: [pattern] }], exclude: [] });
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(reason);
      assert.equal(isExported(record({ reason })), expected);
    }),
    { numRuns: 1000 },
  );
});
