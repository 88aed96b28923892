import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Notice } from "../../../src/model/notice.ts";
import type { SourceFailure } from "../../../src/source/failure.ts";
import { Pace } from "../../../src/source/pace.ts";

const random = (): number => 0.5;

function paceOf(): { readonly pace: Pace; readonly notices: Notice[] } {
  const notices: Notice[] = [];
  const policy = { delayMsInitial: 800, delayMsMax: 30_000 };
  return { pace: new Pace(policy, { random }, (notice) => notices.push(notice)), notices };
}

function refused(retryAfterMs?: number): SourceFailure {
  return { kind: "status", code: 503, reason: "", message: "busy", retryAfterMs };
}

suite("pace", () => {
  test("again at once after a good time, then later and later, without a word", () => {
    const { pace, notices } = paceOf();
    assert.equal(pace.later("probe"), "probe");
    assert.deepEqual(pace.later("probe"), { kind: "wait", delayMs: 1200, next: "probe" });
    assert.deepEqual(pace.later("probe"), { kind: "wait", delayMs: 2400, next: "probe" });
    pace.reset();
    assert.equal(pace.later("list"), "list");
    assert.deepEqual(notices, []);
  });

  test("never at once after a failure, which is said with the wait", () => {
    const { pace, notices } = paceOf();
    assert.deepEqual(pace.afterFailure("watch", refused(), "probe"), {
      kind: "wait",
      delayMs: 600,
      next: "probe",
    });
    assert.ok(notices[0]?.kind === "api_server_failed" && notices[0].retryInMs === 600);
    assert.equal(notices[0].operation, "watch events");
  });

  test("as long as the server asks for, where that is longer", () => {
    const { pace } = paceOf();
    assert.equal(pace.afterFailure("list", refused(17_000), "list").delayMs, 17_000);
    assert.equal(pace.afterFailure("list", refused(1), "list").delayMs, 1200);
  });
});
