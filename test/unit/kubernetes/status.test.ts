import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { parseStatus } from "../../../src/kubernetes/status.ts";

suite("Status", () => {
  const bodies: readonly { name: string; body: string; expected: ReturnType<typeof parseStatus> }[] = [
    {
      name: "a Status",
      body: '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too many requests","reason":"TooManyRequests","details":{"retryAfterSeconds":3},"code":429}',
      expected: { code: 429, reason: "TooManyRequests", message: "too many requests", retryAfterSeconds: 3 },
    },
    {
      name: "a proxy's page",
      body: "<html>\n  <h1>502 Bad Gateway</h1>\n</html>\n",
      expected: {
        code: 429,
        reason: "",
        message: "<html> <h1>502 Bad Gateway</h1> </html>",
        retryAfterSeconds: undefined,
      },
    },
    {
      name: "nothing",
      body: "",
      expected: { code: 429, reason: "", message: "HTTP 429", retryAfterSeconds: undefined },
    },
    {
      name: "a Status whose fields are of other types",
      body: '{"kind":"Status","message":1,"reason":null,"details":[],"code":"x"}',
      expected: { code: 429, reason: "", message: "HTTP 429", retryAfterSeconds: undefined },
    },
  ];
  for (const { name, body, expected } of bodies) {
    test(name, () => {
      assert.deepEqual(parseStatus(429, Buffer.from(body)), expected);
    });
  }

  test("a message is cut", () => {
    const { message } = parseStatus(500, Buffer.from("x".repeat(10_000)));
    assert.equal(message.length, 1025);
    assert.ok(message.endsWith("x…"));
  });
});
