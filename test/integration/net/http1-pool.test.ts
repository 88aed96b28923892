import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { eventually } from "../../eventually.ts";
import { certificate } from "./certificates.ts";
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
  test("an answer that comes before all is sent is the answer, and frees its connection", async () => {
    await using server = await startTcpServer((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n");
      });
    });
    await using client = clientOf(`http://127.0.0.1:${server.port}`, { maxConnections: 1 });
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await post(client.http, "/", Buffer.alloc(32 * 1024 * 1024));
      assert.equal(response.status, 413);
      assert.equal(await textOf(response), "no\n");
    }
  });

  test("an answer that is no HTTP is a fault of the protocol", async () => {
    await using server = await startTcpServer((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    await using client = clientOf(`http://127.0.0.1:${server.port}`);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "protocol");
    assert.match(fault.message, /^The connection to http:\/\/127\.0\.0\.1:\d+ failed: the answer is no HTTP/);
  });
});
