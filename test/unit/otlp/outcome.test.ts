import assert from "node:assert/strict";
import { test } from "node:test";

import { outcomeOfResponse, type SendOutcome } from "../../../src/otlp/outcome.ts";
import { encodeLogsResponse, encodeStatus } from "../../../src/otlp/response.ts";

const nowMs = Date.parse("2026-11-25T09:00:00Z");
const protobuf = "application/x-protobuf";
const json = "application/json";

interface Case {
  readonly name: string;
  readonly status: number;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly expected: SendOutcome;
}

const delivered: SendOutcome = { kind: "delivered", rejected: 0, message: "" };
const statusBody = encodeStatus({ code: 3, message: "entry too far behind" });

const cases: readonly Case[] = [
  { name: "200 without a body", status: 200, expected: delivered },
  {
    name: "200 with an empty JSON response",
    status: 200,
    type: json,
    body: '{"partialSuccess":{}}',
    expected: delivered,
  },
  { name: "204, Loki's success", status: 204, expected: delivered },
  { name: "200 with words of its own", status: 200, type: "text/plain", body: "ok", expected: delivered },
  {
    name: "200 with a broken protobuf",
    status: 200,
    type: protobuf,
    body: Uint8Array.of(0x0a, 0x80),
    expected: delivered,
  },
  {
    name: "partial success in protobuf",
    status: 200,
    type: protobuf,
    body: encodeLogsResponse({ rejectedLogRecords: 2n, errorMessage: "too old" }),
    expected: { kind: "delivered", rejected: 2, message: "too old" },
  },
  {
    name: "partial success in JSON",
    status: 200,
    type: "application/json; charset=utf-8",
    body: '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}',
    expected: { kind: "delivered", rejected: 2, message: "too old" },
  },
  {
    name: "a warning in a full success",
    status: 200,
    type: protobuf,
    body: encodeLogsResponse({ rejectedLogRecords: 0n, errorMessage: "deprecated path" }),
    expected: { kind: "delivered", rejected: 0, message: "deprecated path" },
  },
  {
    name: "more rejected than were sent",
    status: 200,
    type: protobuf,
    body: encodeLogsResponse({ rejectedLogRecords: 2n ** 62n, errorMessage: "" }),
    expected: { kind: "delivered", rejected: 10, message: "" },
  },
  {
    name: "a negative number rejected",
    status: 200,
    type: protobuf,
    body: encodeLogsResponse({ rejectedLogRecords: -5n, errorMessage: "" }),
    expected: delivered,
  },
  {
    name: "200 with a login page is no success",
    status: 200,
    type: "text/html; charset=utf-8",
    body: "<html>Log in</html>",
    expected: {
      kind: "held",
      detail:
        "HTTP 200 with a web page; check the endpoint: it is no OTLP receiver, or a login stands before it",
    },
  },
  {
    name: "260, Loki's blocked ingestion, is no success",
    status: 260,
    type: "text/plain",
    body: "ingestion blocked for user fake until 2026-12-01",
    expected: {
      kind: "held",
      detail:
        "HTTP 260: ingestion blocked for user fake until 2026-12-01; Loki blocks ingestion for this tenant (limit block_ingestion_until)",
    },
  },
  ...[429, 502, 503, 504, 408, 425].map((status): Case => ({
    name: `${status} is sent again`,
    status,
    expected: { kind: "retryable", detail: `HTTP ${status}`, retryAfterMs: undefined },
  })),
  {
    name: "Retry-After in seconds",
    status: 429,
    headers: { "retry-after": "7" },
    expected: { kind: "retryable", detail: "HTTP 429", retryAfterMs: 7000 },
  },
  {
    name: "Retry-After as a date",
    status: 503,
    headers: { "retry-after": "Wed, 25 Nov 2026 09:00:30 GMT" },
    expected: { kind: "retryable", detail: "HTTP 503", retryAfterMs: 30_000 },
  },
  {
    name: "Retry-After in the past",
    status: 503,
    headers: { "retry-after": "Wed, 25 Nov 2020 09:00:30 GMT" },
    expected: { kind: "retryable", detail: "HTTP 503", retryAfterMs: 0 },
  },
  {
    name: "Retry-After that is neither",
    status: 503,
    headers: { "retry-after": "soon" },
    expected: { kind: "retryable", detail: "HTTP 503", retryAfterMs: undefined },
  },
  {
    name: "413 is divided",
    status: 413,
    expected: { kind: "divide", reason: "too_large", detail: "HTTP 413" },
  },
  {
    name: "the collector's 400 for a large body is divided as too large",
    status: 400,
    type: protobuf,
    body: encodeStatus({ code: 3, message: "http: request body too large" }),
    expected: { kind: "divide", reason: "too_large", detail: "HTTP 400: http: request body too large" },
  },
  {
    name: "400 is divided to find the record at fault, with Loki's words",
    status: 400,
    type: "application/octet-stream",
    body: statusBody,
    expected: { kind: "divide", reason: "invalid", detail: "HTTP 400: entry too far behind" },
  },
  {
    name: "400 with JSON",
    status: 400,
    type: json,
    body: '{"code":3,"message":"bad data"}',
    expected: { kind: "divide", reason: "invalid", detail: "HTTP 400: bad data" },
  },
  {
    name: "words that would forge a log line or drive a terminal",
    status: 400,
    type: "text/plain",
    body: "bad\r\nlevel=info\u001b[31m",
    expected: { kind: "divide", reason: "invalid", detail: "HTTP 400: bad level=info [31m" },
  },
  {
    name: "401 is held",
    status: 401,
    type: "text/plain",
    body: "no token",
    expected: {
      kind: "held",
      detail: "HTTP 401: no token; check the credentials in the output's headers, and what they are allowed",
    },
  },
  {
    name: "404 is held",
    status: 404,
    expected: {
      kind: "held",
      detail:
        "HTTP 404; check the path of the endpoint: a collector takes logs at /v1/logs, Loki at /otlp/v1/logs (/v1/logs is appended to `endpoint`)",
    },
  },
  {
    name: "a redirect is held and named",
    status: 301,
    headers: { location: "https://otlp.example/v1/logs" },
    expected: {
      kind: "held",
      detail:
        "HTTP 301; redirects are not followed: configure the endpoint that it points to (https://otlp.example/v1/logs)",
    },
  },
  {
    name: "500 is an error of the server",
    status: 500,
    type: "text/plain",
    body: "boom",
    expected: { kind: "server_error", detail: "HTTP 500: boom", retryAfterMs: undefined },
  },
  {
    name: "another 4xx says nothing of the records: it is held",
    status: 418,
    expected: { kind: "held", detail: "HTTP 418; check the endpoint and what stands before it" },
  },
  {
    name: "a proxy's word for a backend that is down is retried for ever",
    status: 521,
    expected: { kind: "retryable", detail: "HTTP 521", retryAfterMs: undefined },
  },
  {
    name: "a plain request to a TLS port is no fault of the records",
    status: 400,
    type: "text/plain",
    body: "Client sent an HTTP request to an HTTPS server.",
    expected: {
      kind: "held",
      detail: "HTTP 400: Client sent an HTTP request to an HTTPS server.; write https:// in the endpoint",
    },
  },
];

for (const { name, status, type, headers, body = "", expected } of cases) {
  test(name, () => {
    const response = { status, headers: { ...headers, ...(type !== undefined && { "content-type": type }) } };
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    assert.deepEqual(outcomeOfResponse(response, bytes, { records: 10, nowMs }), expected);
  });
}

test("long words are cut", () => {
  const outcome = outcomeOfResponse({ status: 400, headers: {} }, Buffer.from("x".repeat(5000)), {
    records: 1,
    nowMs,
  });
  assert.equal(outcome.kind === "divide" ? outcome.detail : "", `HTTP 400: ${"x".repeat(1023)}…`);
});
