import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";

import * as fc from "fast-check";

import type { HttpRequest } from "../../../src/net/http.ts";
import { decodeLogsResponse, decodeStatus } from "../../../src/otlp/response.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { countLogRecords } from "../../../src/standin/count-log-records.ts";
import { createOtlpReceiver } from "../../../src/standin/otlp-receiver.ts";
import type { OtlpReceiver, OtlpReceiverOptions } from "../../../src/standin/otlp-receiver.ts";
import { encodeOfficially, officialProtos } from "../otlp/official-protos.ts";

const official = officialProtos();
const never = new AbortController().signal;

suite("OTLP receiver", () => {
  test("takes protobuf, plain or gzip, and remembers it record by record", async () => {
    const receiver = create();
    assert.equal((await send(receiver, request(["a", "b"], "one"))).status, 200);
    assert.equal((await send(receiver, request(["c"], "two"), { gzip: true })).status, 200);
    assert.deepEqual(bodies(receiver), ["a", "b", "c"]);
    assert.equal(receiver.records[2]?.resource.attributes.get("k8s.namespace.name"), "two");
    assert.equal(receiver.recordCount, 3);
    assert.deepEqual(
      receiver.requests.map(({ records, status }) => [records, status]),
      [
        [2, 200],
        [1, 200],
      ],
    );
  });

  test("remembers up to its bound and counts beyond", async () => {
    const receiver = create({ recordsMax: 3, successStatus: 204 });
    await send(receiver, request(["a", "b"]));
    const answer = await send(receiver, request(["c", "d"]));
    assert.deepEqual([answer.status, answer.body.length], [204, 0]);
    assert.deepEqual(bodies(receiver), ["a", "b", "c"]);
    assert.equal(receiver.recordCount, 4);
  });

  test("refuses what is no request of its kind", async () => {
    const receiver = create({ requestBytesMax: 500 });
    const good = request(["a"]);
    const cases: readonly [string, Partial<HttpRequest>, number][] = [
      ["another path", { path: "/v1/traces" }, 404],
      ["another method", { method: "GET" }, 405],
      ["another type", { headers: { "content-type": "application/json" } }, 415],
      ["no protobuf", { body: Buffer.from("garbage") }, 400],
      ["no gzip", { headers: { ...protobuf, "content-encoding": "gzip" } }, 400],
      ["too long", { body: Buffer.alloc(501) }, 413],
      [
        "too long when unpacked",
        { body: gzipSync(Buffer.alloc(5000)), headers: { ...protobuf, "content-encoding": "gzip" } },
        413,
      ],
    ];
    for (const [name, change, status] of cases) {
      const answer = await receiver.http(
        { method: "POST", path: "/v1/logs", headers: protobuf, body: good, ...change },
        never,
      );
      assert.equal(answer.status, status, name);
    }
    assert.equal(receiver.recordCount, 0);
  });

  test("says partial success in protobuf and keeps the rest", async () => {
    const receiver = create();
    receiver.inject({ kind: "partial_success", count: 1, rejected: 2, message: "two of them are odd" });
    const answer = await send(receiver, request(["a", "b", "c"]));
    assert.deepEqual(decodeLogsResponse(answer.body), {
      kind: "decoded",
      value: { rejectedLogRecords: 2n, errorMessage: "two of them are odd" },
    });
    assert.deepEqual(bodies(receiver), ["a"]);
    assert.equal((await send(receiver, request(["d"]))).body.length, 0);
  });

  test("faults serve in their order, each so many times", async () => {
    const receiver = create();
    receiver.inject({ kind: "answer", count: 2, status: 503, headers: { "retry-after": "3" } });
    receiver.inject({ kind: "lose_answer", count: 1, code: "reset" });
    receiver.inject({ kind: "refuse", count: 1, code: "refused" });
    receiver.inject({ kind: "answer", count: 1, status: 500, store: true, body: "stored all the same" });
    receiver.inject({ kind: "answer", count: 9, status: 429 });
    assert.equal((await send(receiver, request(["no"]))).headers["retry-after"], "3");
    assert.equal((await send(receiver, request(["no"]))).status, 503);
    await assert.rejects(send(receiver, request(["stored, answer lost"])), { code: "reset" });
    await assert.rejects(send(receiver, request(["no"])), { code: "refused" });
    assert.equal((await send(receiver, request(["stored, answer 500"]))).status, 500);
    assert.equal((await send(receiver, request(["no"]))).status, 429);
    receiver.recover();
    assert.equal((await send(receiver, request(["yes"]))).status, 200);
    assert.deepEqual(bodies(receiver), ["stored, answer lost", "stored, answer 500", "yes"]);
  });

  test("an answer that never comes ends with the caller's patience", async () => {
    const receiver = create();
    receiver.inject({ kind: "delay", count: 1, forMs: Number.POSITIVE_INFINITY });
    receiver.inject({ kind: "delay", count: 1, forMs: 1 });
    const impatient = new AbortController();
    const answer = receiver.http(
      { method: "POST", path: "/v1/logs", headers: protobuf, body: request(["late"]) },
      impatient.signal,
    );
    impatient.abort();
    await assert.rejects(answer, { code: "aborted" });
    assert.equal(receiver.recordCount, 0);
    await send(receiver, request(["slow"]));
    assert.deepEqual(bodies(receiver), ["slow"]);
  });

  test("a refused record makes the answer 400, and the good ones are stored", async () => {
    const receiver = create({
      refusal: ({ record }) => (record.body === "bad" ? "max entry size exceeded" : undefined),
    });
    const answer = await send(receiver, request(["a", "bad", "b"]));
    assert.equal(answer.status, 400);
    assert.deepEqual(decodeStatus(answer.body), {
      kind: "decoded",
      value: { code: 3, message: "max entry size exceeded" },
    });
    assert.deepEqual(bodies(receiver), ["a", "b"]);
  });

  test("as Loki, refuses what lies too far behind its stream, and hides it behind a later stream", async () => {
    const hourMs = 3_600_000;
    const receiver = create({ lokiBehindMsMax: hourMs, successStatus: 204, paths: ["/otlp/v1/logs"] });
    const path = "/otlp/v1/logs";
    const at = (hours: number): number => 1_764_000_000_000 + hours * hourMs;
    await send(receiver, request(["new"], "shop", at(5)), { path });
    assert.equal((await send(receiver, request(["in time"], "shop", at(4)), { path })).status, 204);
    const late = await send(receiver, request(["late"], "shop", at(3.9)), { path });
    assert.equal(late.status, 400);
    assert.match(Buffer.from(late.body).toString(), /entry too far behind/);
    assert.equal((await send(receiver, request(["old"], "quiet", at(1)), { path })).status, 204);
    const mixed = Buffer.concat([request(["late"], "shop", at(3)), request(["fine"], "quiet", at(1))]);
    assert.equal((await send(receiver, mixed, { path })).status, 204);
    assert.deepEqual(bodies(receiver), ["new", "in time", "old", "fine"]);
  });

  test("counting alone gives the same number as decoding", async () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { maxLength: 5 }), { maxLength: 5 }), (groups) => {
        const bytes = Buffer.concat(groups.map((texts) => request(texts, "ns", 1_764_000_000_000)));
        assert.equal(countLogRecords(bytes), groups.flat().length);
      }),
    );
    const receiver = create({ remember: "count" });
    await send(receiver, request(["a", "b"]), { gzip: true });
    assert.equal(receiver.recordCount, 2);
    assert.equal(receiver.records.length, 0);
  });

  test("tells of what it stored", async () => {
    const told: number[] = [];
    const receiver = create({ onRecords: (records) => told.push(records.length) });
    await send(receiver, request(["a", "b"]));
    receiver.inject({ kind: "answer", count: 1, status: 503 });
    await send(receiver, request(["c"]));
    assert.deepEqual(told, [2]);
    receiver.clear();
    assert.deepEqual([receiver.recordCount, receiver.requestCount, receiver.records.length], [0, 0, 0]);
  });
});

const protobuf = { "content-type": "application/x-protobuf" };

function create(options: OtlpReceiverOptions = {}): OtlpReceiver {
  return createOtlpReceiver(systemRuntime, options);
}

/** The bytes of a request with one Resource. */
function request(texts: readonly string[], namespace = "default", timeMs = 1_764_000_000_000): Uint8Array {
  return encodeOfficially(official.request, {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "k8s.namespace.name", value: { stringValue: namespace } }] },
        scopeLogs: [
          {
            scope: { name: "test" },
            logRecords: texts.map((text) => ({
              timeUnixNano: `${timeMs}000000`,
              severityNumber: 9,
              body: { stringValue: text },
              attributes: [{ key: "a", value: { intValue: "3" } }],
            })),
          },
        ],
      },
    ],
  });
}

async function send(
  receiver: OtlpReceiver,
  body: Uint8Array,
  { gzip = false, path = "/v1/logs" }: { readonly gzip?: boolean; readonly path?: string } = {},
): Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}> {
  const response = await receiver.http(
    {
      method: "POST",
      path,
      headers: gzip ? { ...protobuf, "content-encoding": "gzip" } : protobuf,
      body: gzip ? gzipSync(body) : body,
    },
    never,
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece);
  return { ...response, body: Buffer.concat(pieces) };
}

function bodies(receiver: OtlpReceiver): unknown[] {
  return receiver.records.map(({ record }) => record.body);
}
