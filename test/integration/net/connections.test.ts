import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { eventually } from "../../eventually.ts";
import { certificate } from "./certificates.ts";
import { clientOf, faultOf, get, getText, post, textOf } from "./client.ts";
import { createHandler } from "./handler.ts";
import { startTcpServer } from "./tcp-server.ts";

const overTls = { tls: { certificate }, http2: true };

suite("connections", () => {
  test("concurrent requests share one connection", async () => {
    await using face = await serveHttp(createHandler().http, overTls);
    await using client = clientOf(face.origin);
    const texts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => getText(client.http, `/${index}`)),
    );
    assert.deepEqual([texts[0], texts[49]], ["GET /0 0", "GET /49 0"]);
    assert.equal(await textOf(await post(client.http, "/x", Buffer.alloc(300_000))), "POST /x 300000");
    assert.equal(face.connections, 1);
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
});

async function getHeaders(http: Parameters<typeof get>[0]): Promise<Readonly<Record<string, string>>> {
  const response = await get(http, "/");
  await textOf(response);
  return response.headers;
}
