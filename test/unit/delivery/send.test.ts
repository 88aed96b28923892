import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { gzip } from "../../../src/delivery/gzip.ts";
import { createSend, type SendParts } from "../../../src/delivery/send.ts";
import type { Http, HttpRequest } from "../../../src/net/http.ts";
import { NetworkError, type NetworkFault } from "../../../src/net/network-error.ts";
import { decodeLogsRequest } from "../../../src/otlp/decode.ts";
import { encodeLogsResponse } from "../../../src/otlp/response.ts";
import { frameMaker } from "./started-delivery.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const signal = new AbortController().signal;

function sendWith(http: Http, parts: Partial<SendParts> = {}) {
  return createSend(
    { path: "/otlp/v1/logs", timeoutMs: 10_000, userAgent: "tidings/test" },
    {
      http,
      compress: undefined,
      headers: () => Promise.resolve({}),
      runtime: new VirtualRuntime(),
      ...parts,
    },
  );
}

async function* chunks(bytes: readonly Uint8Array[], fault?: NetworkFault): AsyncGenerator<Uint8Array> {
  yield* bytes;
  if (fault !== undefined) throw new NetworkError(fault, "the connection broke");
}

test("a request is protobuf, gzipped where asked, with its length and the headers of the moment", async () => {
  const requests: HttpRequest[] = [];
  let token = 0;
  const send = sendWith(
    (request) => {
      requests.push(request);
      return Promise.resolve({ status: 200, headers: {}, body: chunks([]) });
    },
    { compress: gzip, headers: () => Promise.resolve({ authorization: `Bearer ${(token += 1)}` }) },
  );
  const frames = frameMaker()(3);
  await send(frames, signal);
  assert.deepEqual(await send(frames, signal), { kind: "delivered", rejected: 0, message: "" });

  const [first, second] = requests;
  assert.ok(first?.body && second?.body);
  assert.deepEqual(
    { ...first, body: undefined },
    {
      method: "POST",
      path: "/otlp/v1/logs",
      headers: {
        "user-agent": "tidings/test",
        authorization: "Bearer 1",
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
        "content-length": String(first.body.length),
      },
      body: undefined,
    },
  );
  assert.equal(second.headers["authorization"], "Bearer 2");
  const decoded = decodeLogsRequest(gunzipSync(first.body));
  assert.equal(
    decoded.kind === "decoded" ? decoded.value.resourceLogs[0]?.scopeLogs[0]?.logRecords.length : 0,
    3,
  );
});

test("the status stands though the answer's body breaks off: what was taken is not sent again", async () => {
  const partial = encodeLogsResponse({ rejectedLogRecords: 1n, errorMessage: "too old" });
  const headers = { "content-type": "application/x-protobuf" };
  const broken = sendWith(() => Promise.resolve({ status: 200, headers, body: chunks([partial], "reset") }));
  assert.deepEqual(await broken(frameMaker()(3), signal), {
    kind: "delivered",
    rejected: 1,
    message: "too old",
  });
});

test("an answer without end is read no further than 4 MiB", async () => {
  let read = 0;
  let cancelled = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        read += 65_536;
        yield Promise.resolve(new Uint8Array(65_536).fill(0x61));
      }
    } finally {
      cancelled = true;
    }
  }
  const send = sendWith(() =>
    Promise.resolve({ status: 503, headers: { "content-type": "text/plain" }, body: endless() }),
  );
  const outcome = await send(frameMaker()(1), signal);
  assert.equal(outcome.kind, "retryable");
  assert.equal(read, 4 * 1024 * 1024);
  assert.equal(cancelled, true);
});

const faults: readonly { code: NetworkFault; kind: string; detail: string }[] = [
  { code: "refused", kind: "retryable", detail: "the connection broke" },
  { code: "unresolved", kind: "retryable", detail: "the connection broke" },
  { code: "goaway", kind: "retryable", detail: "the connection broke" },
  {
    code: "tls",
    kind: "held",
    detail: "the connection broke; check the endpoint's scheme, and the output's CA and client certificate",
  },
  {
    code: "protocol",
    kind: "held",
    detail: "the connection broke; check the endpoint's scheme (http or https) and port",
  },
];

for (const { code, kind, detail } of faults) {
  test(`network fault ${code} is ${kind}`, async () => {
    const send = sendWith(() => Promise.reject(new NetworkError(code, "the connection broke")));
    const outcome = await send(frameMaker()(1), signal);
    assert.equal(outcome.kind, kind);
    assert.equal("detail" in outcome ? outcome.detail : "", detail);
  });
}

test("a stop is no failure of the backend", async () => {
  const stop = new AbortController();
  const send = sendWith(
    (_request, requestSignal) =>
      new Promise((_resolve, reject) => {
        requestSignal.addEventListener("abort", () => reject(new NetworkError("aborted", "aborted")));
      }),
  );
  const sending = send(frameMaker()(1), stop.signal);
  stop.abort();
  assert.deepEqual(await sending, { kind: "aborted" });
});

test("a bug below is not taken for a fault of the network", async () => {
  const send = sendWith(() => Promise.reject(new TypeError("a bug")));
  await assert.rejects(send(frameMaker()(1), signal), { name: "TypeError", message: "a bug" });
});
