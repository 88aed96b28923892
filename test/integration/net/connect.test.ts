import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { suite, test } from "node:test";

import { serveHttp } from "../../../src/standin/face.ts";
import { startRelay } from "../../../src/standin/relay.ts";
import { certificate } from "./certificates.ts";
import { clientOf, faultOf, get, getText } from "./client.ts";
import { createHandler } from "./handler.ts";
import { listeningPort } from "./listening-port.ts";
import { startTcpServer } from "./tcp-server.ts";

suite("connect", () => {
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

  for (const options of [
    { tls: { certificate }, http2: true },
    { tls: { certificate }, http2: false },
    { http2: false },
  ]) {
    test(`all goes through one tunnel (${JSON.stringify(options.http2)}, ${options.tls === undefined ? "http" : "https"})`, async () => {
      await using face = await serveHttp(createHandler().http, options);
      await using proxy = await startProxy("Basic dTpwQHM=");
      await using client = clientOf(face.origin, { proxyUrl: `http://u:p%40s@127.0.0.1:${proxy.port}` });
      for (let turn = 0; turn < 3; turn += 1) assert.equal(await getText(client.http, "/a"), "GET /a 0");
      assert.deepEqual(proxy.targets, [`127.0.0.1:${face.port}`]);
    });
  }

  test("a proxy that refuses is named, without the password", async () => {
    await using proxy = await startProxy("Basic other");
    await using client = clientOf("https://127.0.0.1:6443", {
      proxyUrl: `http://u:secret@127.0.0.1:${proxy.port}`,
    });
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "refused");
    assert.equal(
      fault.message,
      `Cannot connect to https://127.0.0.1:6443 through the proxy 127.0.0.1:${proxy.port}: the proxy answers 407 Proxy Authentication Required`,
    );
  });

  test("a proxy that is away is named", async () => {
    const proxy = await startProxy("");
    await proxy[Symbol.asyncDispose]();
    await using client = clientOf("https://127.0.0.1:6443", { proxyUrl: `http://127.0.0.1:${proxy.port}` });
    const fault = await faultOf(get(client.http, "/"));
    assert.equal(fault.code, "refused");
    assert.match(fault.message, /through the proxy 127\.0\.0\.1:\d+: nobody listens there/);
  });
});

interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly targets: readonly string[];
}

async function startProxy(authorization: string): Promise<Proxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connect", (request, client: Socket) => {
    sockets.add(client);
    client.on("error", () => {});
    if (request.headers["proxy-authorization"] !== authorization) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    targets.push(request.url ?? "");
    const [host, port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host ?? "", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
  });
  const port = await listeningPort(server);
  return {
    port,
    targets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
