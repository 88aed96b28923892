import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { startRelay } from "../../../src/standin/relay.ts";
import { eventually } from "../../eventually.ts";
import { certificate, issue, otherAuthority, trusted } from "./certificates.ts";
import { clientOf, faultOf, get, getText, post, textOf } from "./client.ts";
import { createHandler } from "./handler.ts";
import { startTcpServer } from "./tcp-server.ts";

const faces = [
  { name: "in clear text", options: { http2: false } },
  { name: "over TLS, where the server has no HTTP/2", options: { tls: { certificate }, http2: false } },
] as const;

for (const { name, options } of faces) {
  suite(`HTTP/1.1 ${name}`, () => {
    test("fifty requests, one after the other, use one connection", async () => {
      await using face = await serveHttp(createHandler().http, options);
      await using client = clientOf(face.origin);
      for (let turn = 0; turn < 25; turn += 1) {
        assert.equal(await getText(client.http, "/a"), "GET /a 0");
        assert.equal(await textOf(await post(client.http, "/b", Buffer.alloc(100_000))), "POST /b 100000");
      }
      assert.equal(face.connections, 1);
    });

    test("no more connections than allowed: further requests wait", async () => {
      await using face = await serveHttp(createHandler().http, options);
      await using client = clientOf(face.origin, { maxConnections: 2 });
      const texts = await Promise.all(Array.from({ length: 20 }, () => getText(client.http, "/")));
      assert.equal(texts.length, 20);
      assert.equal(face.connections, 2);
    });

    test("a body that is cut is a reset, never an end", async () => {
      await using face = await serveHttp(createHandler().http, options);
      await using client = clientOf(face.origin);
      assert.equal((await faultOf(getText(client.http, "/cut"))).code, "reset");
    });

    test("abort ends it while it waits, before the head and in the body", async () => {
      const handler = createHandler();
      await using face = await serveHttp(handler.http, options);
      await using client = clientOf(face.origin, { maxConnections: 2 });
      const stop = new AbortController();
      const opened = await get(client.http, "/open", stop.signal);
      const waiting = faultOf(get(client.http, "/silent", stop.signal));
      const queued = faultOf(get(client.http, "/queued", stop.signal));
      const reading = faultOf(textOf(opened));
      stop.abort();
      for (const fault of await Promise.all([waiting, queued, reading])) assert.equal(fault.code, "aborted");
      await eventually(() => handler.left.includes("/open"));
      assert.equal(await getText(client.http, "/other"), "GET /other 0");
      await eventually(() => getEventListeners(stop.signal, "abort").length === 0);
    });

    test("an unread body holds the peer back; leaving it closes its connection", async () => {
      const handler = createHandler();
      await using face = await serveHttp(handler.http, options);
      await using client = clientOf(face.origin);
      const { body } = await get(client.http, "/endless");
      for (let turn = 0; turn < 100; turn += 1) await getText(client.http, "/other");
      // What the kernel's socket buffers on both sides hold.
      assert.ok(handler.given < 16 * 1024 * 1024, `${handler.given} bytes were taken from the server`);
      for await (const _ of body) break;
      await eventually(() => handler.left.includes("/endless") && face.connections === 1);
    });

    test("no head in time is a timeout", async () => {
      await using face = await serveHttp(createHandler().http, options);
      await using client = clientOf(face.origin, { headTimeoutMs: 50 });
      assert.equal((await faultOf(get(client.http, "/silent"))).code, "timeout");
    });

    test("close ends what is under way and leaves no connection", async () => {
      await using face = await serveHttp(createHandler().http, options);
      const client = clientOf(face.origin);
      const opened = await get(client.http, "/open");
      const waiting = faultOf(get(client.http, "/silent"));
      await getText(client.http, "/other");
      const reading = faultOf(textOf(opened));
      await client.close();
      assert.equal((await waiting).code, "aborted");
      assert.equal((await reading).code, "aborted");
      await eventually(() => face.connections === 0);
    });
  });
}

suite("HTTP/1.1", () => {
  test("new TLS material opens a new connection and the old one is closed", async () => {
    await using face = await serveHttp(createHandler().http, { tls: { certificate }, http2: false });
    let material = trusted;
    await using client = clientOf(face.origin, { tls: async () => material });
    await getText(client.http, "/");
    face.useCertificate(issue({}, otherAuthority));
    assert.equal(await getText(client.http, "/kept"), "GET /kept 0");
    material = { ca: otherAuthority.caPem };
    assert.equal(await getText(client.http, "/new"), "GET /new 0");
    await eventually(() => face.connections === 1);
  });

  test("HTTP/2 can be left out", async () => {
    await using face = await serveHttp(createHandler().http, { tls: { certificate }, http2: true });
    await using client = clientOf(face.origin, { http2: "never" });
    const response = await get(client.http, "/");
    await textOf(response);
    assert.equal(response.headers["connection"], "keep-alive");
  });

  test("HTTP/2 is found once the server has learned it", async () => {
    await using old = await serveHttp(createHandler().http, { tls: { certificate }, http2: false });
    await using client = clientOf(old.origin);
    assert.equal((await getHeaders(client.http))["connection"], "keep-alive");
    await old.close();
    await eventually(async () => (await faultOf(get(client.http, "/"))).code === "refused");
    await using _renewed = await serveHttp(createHandler().http, {
      tls: { certificate },
      http2: true,
      port: old.port,
    });
    assert.equal((await getHeaders(client.http))["connection"], undefined);
  });

  test("a kept connection that the server closed in this moment: a GET is sent again, a POST is a reset", async () => {
    await using server = await startTcpServer((socket) => {
      // The first request of each connection is answered, the second one finds it closed.
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        socket.once("data", () => socket.destroy());
      });
    });
    await using client = clientOf(`http://127.0.0.1:${server.port}`);
    assert.equal(await getText(client.http, "/"), "ok");
    assert.equal(await getText(client.http, "/"), "ok");
    assert.equal(server.connections, 2);
    assert.equal((await faultOf(post(client.http, "/", Buffer.from("x")))).code, "reset");
    assert.equal(server.connections, 2);
  });

  test("a connection that breaks on its first request is a reset and is not tried again", async () => {
    await using server = await startTcpServer((socket) => socket.once("data", () => socket.destroy()));
    await using client = clientOf(`http://127.0.0.1:${server.port}`);
    assert.equal((await faultOf(get(client.http, "/"))).code, "reset");
    assert.equal(server.connections, 1);
  });

  test("an answer that is no HTTP is a fault of the protocol", async () => {
    await using server = await startTcpServer((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    await using client = clientOf(`http://127.0.0.1:${server.port}`);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "protocol");
    assert.match(fault.message, /^The connection to http:\/\/127\.0\.0\.1:\d+ failed: the answer is no HTTP/);
  });

  test("nobody listens", async () => {
    const server = await startTcpServer(() => {});
    await server[Symbol.asyncDispose]();
    await using client = clientOf(`http://127.0.0.1:${server.port}`);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "refused");
    assert.match(
      fault.message,
      /^Cannot connect to http:\/\/127\.0\.0\.1:\d+: nobody listens there \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/,
    );
  });

  test("a connection that does not come about is a timeout, and can be aborted", async () => {
    await using face = await serveHttp(createHandler().http, { tls: { certificate }, http2: true });
    await using relay = await startRelay(face.origin);
    relay.hold();
    await using client = clientOf(relay.origin, { connectTimeoutMs: 60 });
    const stop = new AbortController();
    const aborted = faultOf(get(client.http, "/", stop.signal));
    const late = faultOf(get(client.http, "/"));
    stop.abort();
    assert.equal((await aborted).code, "aborted");
    assert.equal((await late).code, "timeout");
    assert.match((await late).message, /: no connection within 60 ms$/);
    relay.release();
    assert.equal(await getText(client.http, "/"), "GET / 0");
  });

  test("an address that is none is refused at once", () => {
    assert.throws(
      () => clientOf("collector:4318"),
      /^Error: The address does not begin with http:\/\/ or https:\/\/$/,
    );
    assert.throws(
      () => clientOf("http://x", { proxyUrl: "socks5://x" }),
      /The proxy's address does not begin with http:\/\//,
    );
  });
});

async function getHeaders(http: Parameters<typeof get>[0]): Promise<Readonly<Record<string, string>>> {
  const response = await get(http, "/");
  await textOf(response);
  return response.headers;
}
