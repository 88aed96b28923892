import assert from "node:assert/strict";
import { test } from "node:test";

import { formatRecordLine } from "../../../src/delivery/record-line.ts";
import type { EventRecord } from "../../../src/model/event-record.ts";
import type { Frame } from "../../../src/model/frame.ts";
import { decodeLogRecord, decodeResource } from "../../../src/otlp/decode.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { plainOwnRecord, plainRecord } from "../otlp/generated-records.ts";

const encoder = createEncoder({ serviceName: "kubernetes-events", clusterName: "", clusterUid: "c5a1" });

function lineOf(fields: Partial<EventRecord>, colour = false): string {
  return lineOfFrame(encoder.event({ ...plainRecord, ...fields }, 0), colour);
}

function lineOfFrame(frame: Frame, colour = false): string {
  const logRecord = decodeLogRecord(frame.logRecord);
  const resource = decodeResource(frame.resource.resource);
  assert.ok(logRecord.kind === "decoded" && resource.kind === "decoded");
  return formatRecordLine({ resource: resource.value.attributes, logRecord: logRecord.value }, { colour });
}

const cases: readonly { name: string; fields: Partial<EventRecord>; line: string }[] = [
  {
    name: "a repeated warning",
    fields: {},
    line: "2025-11-25T09:30:00.123Z  WARN   BackOff             payments/Pod/api-x2x9p x17  Back-off restarting failed container app",
  },
  {
    name: "one occurrence of a cluster-scoped object",
    fields: {
      namespace: "",
      objectKind: "Node",
      objectName: "node-3",
      severityNumber: 9,
      count: 1,
      reason: "NodeReady",
    },
    line: "2025-11-25T09:30:00.123Z  INFO   NodeReady           Node/node-3  Back-off restarting failed container app",
  },
  {
    name: "a message that would break the line, drive the terminal or turn its direction",
    fields: { body: "first\r\nsecond\u001b[31m \u202egnp.exe\u0007" },
    line: "2025-11-25T09:30:00.123Z  WARN   BackOff             payments/Pod/api-x2x9p x17  first second [31m  gnp.exe",
  },
  {
    name: "without a reason, object, message and time",
    fields: {
      reason: "",
      namespace: "",
      objectKind: "",
      objectName: "",
      body: "",
      timeUnixNano: 0n,
      severityNumber: 0,
      count: 1,
    },
    line: "2025-11-25T09:30:01.000Z  -      k8s.event",
  },
  {
    name: "a time that no calendar has",
    fields: { timeUnixNano: 2n ** 64n },
    line: "2554-07-21T23:34:33.709Z  WARN   BackOff             payments/Pod/api-x2x9p x17  Back-off restarting failed container app",
  },
];

for (const { name, fields, line } of cases) {
  test(name, () => assert.equal(lineOf(fields), line));
}

test("a record of our own has its name for a reason, and no object", () => {
  assert.equal(
    lineOfFrame(encoder.own(plainOwnRecord, 0)),
    "2025-11-25T09:30:00.123Z  WARN   tidings.gap         The watch of Events could not be resumed",
  );
});

test("colours are added only where they are asked for, and change no text", () => {
  const coloured = lineOf({}, true);
  assert.ok(coloured.includes("\u001b[33m"));
  // eslint-disable-next-line no-control-regex
  assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ""), lineOf({}));
});
