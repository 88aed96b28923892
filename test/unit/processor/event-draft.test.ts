import assert from "node:assert/strict";
import { test } from "node:test";

import { EventDraft } from "../../../src/processor/event-draft.ts";
import { createProcessor, processorDefaults } from "../../../src/processor/processor.ts";
import { kubeletEvent, schedulerEvent } from "./sample-events.ts";

test("all fields exist from the start: no stage adds one, whatever the Event has", () => {
  const fields = Object.keys(new EventDraft());
  const processor = createProcessor(processorDefaults);
  const related = { kind: "Pod", name: "front" };
  for (const event of [kubeletEvent(), schedulerEvent({ related }), { metadata: kubeletEvent().metadata }]) {
    const { record } = processor.accept({ kind: "event", event, origin: "added" }, 1_795_599_000_000);
    assert.deepEqual(Object.keys(record ?? {}), fields);
  }
});
