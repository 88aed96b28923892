import assert from "node:assert/strict";
import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { startRelay } from "../../../src/standin/relay.ts";
import { eventually } from "../../eventually.ts";
import { certificate } from "./certificates.ts";
import { clientOf, faultOf, get, getText, post, textOf } from "./client.ts";
import { createHandler } from "./handler.ts";
import { startHttp2Server } from "./http2-server.ts";

const overTls = { tls: { certificate }, http2: true };

suite("HTTP/2", () => {
  test("after GOAWAY an open stream goes on and a new request opens a new connection", async () => {
    let open: ServerHttp2Stream | undefined;
    await using server = await startHttp2Server((stream, path) => {
      stream.respond({ ":status": 200 });
      if (path === "/open") {
        stream.write("first ");
        open = stream;
      } else {
        stream.end("new");
      }
    });
    await using client = clientOf(server.origin);
    const first = await get(client.http, "/open");
    server.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR);
    await eventually(
      async () => (await getText(client.http, "/new")) === "new" && server.sessions.length === 2,
    );
    open?.end("last");
    assert.equal(await textOf(first), "first last");
  });

  test("a stream that GOAWAY leaves out ends with code goaway, the others go on", async () => {
    const streams: ServerHttp2Stream[] = [];
    await using server = await startHttp2Server((stream) => {
      streams.push(stream);
    });
    await using client = clientOf(server.origin);
    const kept = get(client.http, "/kept");
    await eventually(() => streams.length === 1);
    const refused = faultOf(get(client.http, "/refused"));
    await eventually(() => streams.length === 2);
    server.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR, streams[0]?.id ?? 0);
    const fault = await refused;
    assert.equal(fault.code, "goaway");
    assert.match(fault.message, /^https:\/\/127\.0\.0\.1:\d+ takes no more requests on this connection$/);
    streams[0]?.respond({ ":status": 204 }, { endStream: true });
    assert.equal((await kept).status, 204);
  });

  test("a refused stream ends with code goaway", async () => {
    await using server = await startHttp2Server((stream) => {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    await using client = clientOf(server.origin);
    assert.equal((await faultOf(get(client.http, "/"))).code, "goaway");
  });

  test("GOAWAY for a fault ends all with code goaway", async () => {
    await using server = await startHttp2Server((stream) => {
      stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    await using client = clientOf(server.origin);
    assert.equal((await faultOf(get(client.http, "/"))).code, "goaway");
  });

  const cuts: readonly {
    name: string;
    cut: (stream: ServerHttp2Stream, socket: Socket | undefined) => void;
  }[] = [
    { name: "RST_STREAM", cut: (stream) => stream.destroy(new Error("broken")) },
    { name: "the end of the connection", cut: (stream) => stream.session?.destroy() },
    { name: "a connection reset", cut: (_stream, socket) => socket?.resetAndDestroy() },
  ];
  for (const { name, cut } of cuts) {
    test(`${name} in the middle of a body is a reset, never an end`, async () => {
      await using server = await startHttp2Server((stream) => {
        stream.respond({ ":status": 200 });
        stream.write("first", () => cut(stream, server.sockets[0]));
      });
      await using client = clientOf(server.origin);
      assert.equal((await faultOf(getText(client.http, "/"))).code, "reset");
    });

    test(`${name} before the head is a reset`, async () => {
      await using server = await startHttp2Server((stream) => cut(stream, server.sockets[0]));
      await using client = clientOf(server.origin);
      assert.equal((await faultOf(get(client.http, "/"))).code, "reset");
    });
  }

  test("a peer that answers no PING fails every stream with code silent", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    await using relay = await startRelay(face.origin);
    await using client = clientOf(relay.origin, { pingIntervalMs: 40, pingDeadlineMs: 80 });
    const opened = await get(client.http, "/open");
    const waiting = faultOf(get(client.http, "/silent"));
    relay.hold();
    const [inBody, beforeHead] = await Promise.all([faultOf(textOf(opened)), waiting]);
    assert.equal(inBody.code, "silent");
    assert.equal(beforeHead.code, "silent");
    assert.match(inBody.message, /gives no sign of life for 80 ms \(PING\)$/);
    relay.release();
    assert.equal(await getText(client.http, "/again"), "GET /again 0");
  });

  test("PING keeps a quiet stream that lives", async () => {
    let open: ServerHttp2Stream | undefined;
    let pings = 0;
    await using server = await startHttp2Server((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("first ");
      open = stream;
      stream.session?.on("ping", () => {
        pings += 1;
      });
    });
    await using client = clientOf(server.origin, { pingIntervalMs: 20, pingDeadlineMs: 1000 });
    const response = await get(client.http, "/");
    await eventually(() => pings >= 3);
    open?.end("last");
    assert.equal(await textOf(response), "first last");
  });

  test("an unread body holds the peer back and no other request up", async () => {
    const handler = createHandler();
    await using face = await serveHttp(handler.http, overTls);
    await using client = clientOf(face.origin);
    const { body } = await get(client.http, "/endless");
    for (let turn = 0; turn < 100; turn += 1) await getText(client.http, "/other");
    assert.ok(handler.given < 2 * 1024 * 1024, `${handler.given} bytes were taken from the server`);
    const held = handler.given;
    for await (const _ of body) if (handler.given > 4 * held) break;
    await eventually(() => handler.left.includes("/endless"));
  });

  test("abort ends it before the head and in the body, and the server sees it", async () => {
    const handler = createHandler();
    await using face = await serveHttp(handler.http, overTls);
    await using client = clientOf(face.origin);
    const stop = new AbortController();
    const opened = await get(client.http, "/open", stop.signal);
    const waiting = faultOf(get(client.http, "/silent", stop.signal));
    const reading = faultOf(textOf(opened));
    await getText(client.http, "/other");
    stop.abort();
    assert.equal((await waiting).code, "aborted");
    assert.equal((await reading).code, "aborted");
    await eventually(() => handler.left.includes("/open") && handler.left.includes("/silent"));
    assert.equal((await faultOf(get(client.http, "/", stop.signal))).code, "aborted");
    assert.equal(await getText(client.http, "/other"), "GET /other 0");
    assert.equal(face.connections, 1);
  });

  test("leaving a body early cancels its stream alone", async () => {
    const handler = createHandler();
    await using face = await serveHttp(handler.http, overTls);
    await using client = clientOf(face.origin);
    for await (const _ of (await get(client.http, "/open")).body) break;
    await eventually(() => handler.left.includes("/open"));
    const unread = (await get(client.http, "/endless")).body[Symbol.asyncIterator]();
    await unread.return?.();
    await eventually(() => handler.left.includes("/endless"));
    assert.equal(await getText(client.http, "/other"), "GET /other 0");
    assert.equal(face.connections, 1);
  });

  test("an answer that comes before all is sent is the answer", async () => {
    let closed = 0;
    await using server = await startHttp2Server((stream) => {
      stream.on("close", () => {
        closed += 1;
      });
      stream.respond({ ":status": 413 });
      stream.end("no");
    });
    await using client = clientOf(server.origin);
    const response = await post(client.http, "/", Buffer.alloc(4 * 1024 * 1024));
    assert.equal(response.status, 413);
    assert.equal(await textOf(response), "no");
    await eventually(() => closed === 1);
    assert.equal((await get(client.http, "/")).status, 413);
    assert.equal(server.sessions.length, 1);
  });

  test("no head in time is a timeout", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    await using client = clientOf(face.origin, { headTimeoutMs: 50 });
    const fault = await faultOf(get(client.http, "/silent"));
    assert.equal(fault.code, "timeout");
    assert.match(fault.message, /gives no answer within 50 ms$/);
  });
});
