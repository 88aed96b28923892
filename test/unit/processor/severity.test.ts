import assert from "node:assert/strict";
import { test } from "node:test";

import { EventDraft } from "../../../src/processor/event-draft.ts";
import { gradeByType } from "../../../src/processor/severity.ts";

const severities = [
  { type: "Normal", severity: 9 },
  { type: "Warning", severity: 13 },
  { type: "Error", severity: 0 },
  { type: "", severity: 0 },
];

for (const { type, severity } of severities) {
  test(`severity of type ${JSON.stringify(type)}`, () => {
    const draft = new EventDraft();
    draft.severityText = type;
    gradeByType(draft);
    assert.equal(draft.severityNumber, severity);
  });
}
