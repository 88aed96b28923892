import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { jsonLine, textLine, type LogLine } from "../../../src/telemetry/log-line.ts";

const line: LogLine = {
  timeMs: Date.UTC(2026, 10, 25, 9, 30, 1, 7),
  level: "warn",
  message: "The queue is full",
  fields: { notice: "queue_full", bytes: 67_108_864 },
};

suite("log-line", () => {
  test("JSON: time, level and message first, then the fields, on one line", () => {
    assert.equal(
      jsonLine({ ...line, message: "two\nlines" }),
      '{"time":"2026-11-25T09:30:01.007Z","level":"warn","message":"two\\nlines","notice":"queue_full","bytes":67108864}\n',
    );
  });

  test("text: time, level, message", () => {
    assert.equal(textLine(line, false), "09:30:01.007 warn  The queue is full\n");
    assert.equal(
      textLine({ ...line, fields: { ...line.fields, suppressed: 4 } }, false),
      "09:30:01.007 warn  The queue is full [and 4 more of this kind]\n",
    );
  });

  test("text: the level is coloured", () => {
    assert.equal(
      textLine(line, true),
      "\u001B[2m09:30:01.007\u001B[0m \u001B[33mwarn \u001B[0m The queue is full\n",
    );
  });

  test("text: a server's words neither steer the terminal nor forge a line", () => {
    const message = "refused\r\n09:30 error all is lost\u001B[2J\u009B31m\u2028\u202Eend";
    assert.equal(
      textLine({ ...line, message }, false),
      "09:30:01.007 warn  refused 09:30 error all is lost [2J 31m end\n",
    );
  });
});
