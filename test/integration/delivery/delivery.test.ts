import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createDelivery, type DeliveryOptions } from "../../../src/delivery/delivery.ts";
import { gzip } from "../../../src/delivery/gzip.ts";
import type { Outlet } from "../../../src/delivery/outlet.ts";
import type { Frame } from "../../../src/model/frame.ts";
import type { Notice } from "../../../src/model/notice.ts";
import { createTransport, transportDefaults } from "../../../src/net/transport.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { createAuthority } from "../../../src/standin/certificate.ts";
import { serveHttp, type Face, type FaceOptions } from "../../../src/standin/face.ts";
import { createOtlpReceiver, type OtlpReceiver } from "../../../src/standin/otlp-receiver.ts";
import { eventually } from "../../eventually.ts";
import { plainRecord } from "../../unit/otlp/generated-records.ts";

const validFromMs = Date.now() - 60_000;
const validToMs = Date.now() + 3_600_000;
const authority = createAuthority({ commonName: "test CA", validFromMs, validToMs });
const certificate = authority.issue({
  commonName: "receiver",
  ipAddresses: ["127.0.0.1"],
  validFromMs,
  validToMs,
});

const options: DeliveryOptions = {
  request: { path: "/v1/logs", timeoutMs: 5000, userAgent: "tidings/test" },
  dialect: "otlp",
  queue: { bytesMax: 1024 * 1024 },
  batch: { recordsMax: 100, bytesMax: 1024 * 1024, delayMs: 20 },
  requestsInFlightMax: 4,
  retry: { delayMsInitial: 20, delayMsMax: 100, heldDelayMs: 100, serverErrorMsMax: 60_000 },
};

interface Started extends AsyncDisposable {
  readonly outlet: Outlet;
  readonly receiver: OtlpReceiver;
  readonly face: Face;
  readonly notices: readonly Notice[];
}

/** The delivery over the real transport to the stand-in receiver on a real socket. */
async function start(faceOptions: FaceOptions, caPem?: string): Promise<Started> {
  const receiver = createOtlpReceiver(systemRuntime);
  const face = await serveHttp(receiver.http, faceOptions);
  const transport = createTransport(
    {
      ...transportDefaults,
      origin: face.origin,
      http2: "never",
      tls: () => Promise.resolve(caPem === undefined ? {} : { ca: caPem }),
    },
    systemRuntime,
  );
  const notices: Notice[] = [];
  const outlet = createDelivery(options, {
    http: transport.http,
    compress: gzip,
    headers: () => Promise.resolve({ authorization: "Bearer abc" }),
    runtime: systemRuntime,
    notify: (notice) => notices.push(notice),
    settled: () => undefined,
  });
  const stop = new AbortController();
  const running = outlet.run(stop.signal);
  return {
    outlet,
    receiver,
    face,
    notices,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await transport.close();
      await face.close();
    },
  };
}

function frames(count: number): Frame[] {
  const encoder = createEncoder({ serviceName: "kubernetes-events", clusterName: "", clusterUid: "c5a1" });
  return Array.from({ length: count }, (_, index) =>
    encoder.event({ ...plainRecord, namespace: `n${index % 7}`, recordUid: String(index) }, index),
  );
}

function uidsOf(receiver: OtlpReceiver): Set<unknown> {
  return new Set(receiver.records.map(({ record }) => record.attributes.get("log.record.uid")));
}

suite("delivery over sockets", () => {
  test("records arrive over TLS, gzipped, with the headers, on kept connections", async () => {
    await using started = await start({ tls: { certificate }, http2: false }, authority.caPem);
    const { outlet, receiver, face } = started;
    outlet.push(frames(1050));
    await eventually(() => outlet.ledger().queued === 0);
    assert.equal(outlet.ledger().delivered, 1050);
    assert.equal(uidsOf(receiver).size, 1050);
    assert.equal(receiver.requests[0]?.headers["authorization"], "Bearer abc");
    assert.equal(receiver.requests[0]?.headers["content-encoding"], "gzip");
    assert.ok(face.connections <= options.requestsInFlightMax);
  });

  test("a certificate that is not trusted holds everything, and says what to check", async () => {
    await using started = await start({ tls: { certificate }, http2: false });
    const { outlet, notices } = started;
    outlet.push(frames(10));
    const notice = await eventually(() => notices.find(({ kind }) => kind === "backend_failed"));
    assert.match(
      notice.kind === "backend_failed" ? notice.detail : "",
      /check the endpoint's scheme, and the output's CA and client certificate$/,
    );
    assert.equal(outlet.ledger().queued, 10);
  });

  test("connections that break in the middle, over and over, lose nothing", async () => {
    await using started = await start({ http2: false });
    const { outlet, receiver, face } = started;
    receiver.inject({ kind: "lose_answer", count: 3, code: "reset" });
    receiver.inject({ kind: "refuse", count: 3, code: "reset" });
    for (const frame of frames(600)) outlet.push([frame]);
    await eventually(() => receiver.recordCount > 0);
    face.destroyConnections();
    await eventually(() => outlet.ledger().queued === 0);
    assert.equal(outlet.ledger().delivered, 600);
    assert.equal(uidsOf(receiver).size, 600);
  });
});
