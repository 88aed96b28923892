import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Notice } from "../../../src/model/notice.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { noticeOfFailure, retryAfterMsOf, type SourceFailure } from "../../../src/source/failure.ts";

function status(code: number, reason: string, retryAfterMs?: number): SourceFailure {
  return { kind: "status", code, reason, message: `words of ${code}`, retryAfterMs };
}

const network: SourceFailure = { kind: "network", error: new NetworkError("refused", "nobody listens") };
const malformed: SourceFailure = { kind: "malformed", fault: "no JSON" };

suite("what is said of a failure", () => {
  const table: readonly (readonly [what: string, failure: SourceFailure, notice: Notice])[] = [
    [
      "the credentials",
      status(401, "Unauthorized"),
      { kind: "credentials_refused", detail: "words of 401", retryInMs: 900 },
    ],
    [
      "the verb and the resource that are not permitted",
      status(403, "Forbidden"),
      {
        kind: "permission_missing",
        verb: "watch",
        resource: "events.events.k8s.io",
        detail: "words of 403",
        retryInMs: 900,
      },
    ],
    [
      "the server's own words",
      status(503, "ServiceUnavailable"),
      {
        kind: "api_server_failed",
        operation: "watch events",
        detail: "HTTP 503 ServiceUnavailable: words of 503",
        retryInMs: 900,
      },
    ],
    [
      "the network's fault",
      network,
      { kind: "api_server_failed", operation: "watch events", detail: "nobody listens", retryInMs: 900 },
    ],
    [
      "an answer that is none",
      malformed,
      { kind: "api_server_failed", operation: "watch events", detail: "no JSON", retryInMs: 900 },
    ],
  ];
  for (const [what, failure, notice] of table) {
    test(what, () => assert.deepEqual(noticeOfFailure("watch", failure, 900), notice));
  }

  test("the wait that the server asks for", () => {
    assert.equal(retryAfterMsOf(status(429, "TooManyRequests", 7000)), 7000);
    for (const failure of [status(429, ""), network, malformed]) assert.equal(retryAfterMsOf(failure), 0);
  });
});
