import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { eventually } from "../../eventually.ts";
import { certificate, issue, otherAuthority, trusted } from "./certificates.ts";
import { clientOf, faultOf, get, getText, textOf } from "./client.ts";
import { createHandler } from "./handler.ts";
import { startHttp2Server } from "./http2-server.ts";

const overTls = { tls: { certificate }, http2: true };

suite("transport", () => {
  test("the origin's path goes before the request's", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    await using client = clientOf(`${face.origin}/k8s/clusters/c-1/`);
    assert.equal(await getText(client.http, "/version"), "GET /k8s/clusters/c-1/version 0");
  });

  test("new TLS material opens a new connection; what runs on the old one is finished there", async () => {
    let material = trusted;
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
    await using client = clientOf(server.origin, { tls: async () => material });
    const old = await get(client.http, "/open");
    material = { ca: `${trusted.ca}${otherAuthority.caPem}` };
    assert.equal(await getText(client.http, "/"), "new");
    assert.equal(server.sessions.length, 2);
    open?.end("last");
    assert.equal(await textOf(old), "first last");
    await eventually(() => server.sessions[0]?.destroyed);
    assert.equal(await getText(client.http, "/"), "new");
    assert.equal(server.sessions.length, 2);
  });

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

  test("a server whose CA was replaced is trusted as soon as the new one is known", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    let material = trusted;
    await using client = clientOf(face.origin, { tls: async () => material });
    await getText(client.http, "/");
    face.useCertificate(issue({}, otherAuthority));
    face.destroyConnections();
    await eventually(async () => (await faultOf(get(client.http, "/"))).code === "tls");
    material = { ca: otherAuthority.caPem };
    assert.equal(await getText(client.http, "/"), "GET / 0");
  });

  test("a signal that outlives its requests keeps nothing of them", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    await using client = clientOf(face.origin);
    const stop = new AbortController();
    for (let turn = 0; turn < 20; turn += 1) await textOf(await get(client.http, "/", stop.signal));
    for await (const _ of (await get(client.http, "/open", stop.signal)).body) break;
    await eventually(() => getEventListeners(stop.signal, "abort").length === 0);
  });

  test("close ends what is under way and leaves no connection", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    const client = clientOf(face.origin);
    const opened = await get(client.http, "/open");
    const waiting = faultOf(get(client.http, "/silent"));
    await getText(client.http, "/other");
    const reading = faultOf(textOf(opened));
    await client.close();
    assert.equal((await waiting).code, "aborted");
    assert.equal((await reading).code, "aborted");
    await eventually(() => face.connections === 0);
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "aborted");
    assert.match(fault.message, /was closed$/);
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
  test("HTTP/2 can be left out", async () => {
    await using face = await serveHttp(createHandler().http, { tls: { certificate }, http2: true });
    await using client = clientOf(face.origin, { http2: "never" });
    const response = await get(client.http, "/");
    await textOf(response);
    assert.equal(response.headers["connection"], "keep-alive");
  });
});
