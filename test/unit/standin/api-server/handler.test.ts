import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gunzipSync } from "node:zlib";

import type { HttpResponse } from "../../../../src/net/http.ts";
import { NetworkError } from "../../../../src/net/network-error.ts";
import { systemRuntime } from "../../../../src/shared/system-runtime.ts";
import { createApiServer } from "../../../../src/standin/api-server/handler.ts";
import type { ApiServer, ApiServerOptions } from "../../../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../../../src/standin/api-server/revision-log.ts";

// What a real server does too is in test/contract; here is what only a stand-in does.

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/tidings";
const events = "/apis/events.k8s.io/v1/events";

suite("API server stand-in", () => {
  test("a watch that is not read loses nothing, not even over a compaction", async () => {
    const { log, api } = setUp();
    put(log, 3);
    const watch = await open(api, `${events}?watch=1&resourceVersion=0&timeoutSeconds=60`);
    put(log, 200);
    log.compact(log.current);
    put(log, 2);
    const lines = await watch.lines(205);
    assert.deepEqual(
      lines.map((line) => line.rv),
      Array.from({ length: 205 }, (_, index) => String(index + 1)),
    );
    await watch.close();
  });

  test("a watch holds back no more than its bound: then it has expired", async () => {
    const { log, api } = setUp({ backlogBytesMax: 1000 });
    const watch = await open(api, `${events}?watch=1&resourceVersion=${put(log, 1)}`);
    put(log, 100);
    log.compact(log.current);
    assert.deepEqual(await watch.rest(), ["ERROR 410"]);
    assert.equal(api.openWatches, 0);
  });

  test("end, error and break meet every open watch, and only those", async () => {
    const { log, api } = setUp();
    const from = put(log, 1);
    const path = `${events}?watch=1&resourceVersion=${from}`;

    const ended = await open(api, path);
    api.inject({ kind: "end_watches" });
    assert.deepEqual(await ended.rest(), []);

    const failed = await open(api, path);
    api.inject({ kind: "watch_error", code: 500 });
    assert.deepEqual(await failed.rest(), ["ERROR 500"]);

    const broken = await open(api, path);
    put(log, 1);
    api.inject({ kind: "break_watches", code: "reset", midLine: true });
    await assert.rejects(broken.rest(), { code: "reset" });
    assert.match(broken.partial(), /^\{"type":"ADDED","object":\{"kind":"Event"/);

    const later = await open(api, path);
    assert.deepEqual((await later.lines(1))[0]?.type, "ADDED");
    await later.close();
    assert.equal(api.openWatches, 0);
  });

  test("silence holds everything back, and speech brings all of it", async () => {
    const { log, api } = setUp();
    const watch = await open(api, `${events}?watch=1&resourceVersion=${put(log, 1)}&timeoutSeconds=60`);
    api.inject({ kind: "silence" });
    put(log, 2);
    const next = watch.lines(2);
    api.inject({ kind: "watch_line", line: "{broken" });
    const first = await Promise.race([next.then(() => "spoke"), settled().then(() => "silent")]);
    assert.equal(first, "silent");
    api.inject({ kind: "speak" });
    assert.deepEqual(
      (await next).map((line) => line.type),
      ["{broken", "ADDED"],
    );
    await watch.close();
  });

  test("faults lie in wait for so many requests of a verb", async () => {
    const { api } = setUp();
    api.inject({ kind: "answer", count: 2, status: 429, retryAfterSeconds: 7, verb: "list" });
    api.inject({ kind: "refuse", count: 1, code: "refused" });
    assert.equal((await call(api, events)).status, 429);
    const version = call(api, "/version");
    await assert.rejects(version, { code: "refused" });
    const second = await call(api, events);
    assert.equal(second.headers["retry-after"], "7");
    assert.equal(second.json.reason, "TooManyRequests");
    assert.equal((await call(api, events)).status, 200);
    assert.deepEqual(
      api.requests.map(({ verb, status }) => `${verb} ${status}`),
      ["list 429", "get 0", "list 429", "list 200"],
    );
  });

  test("a fault may meet one resource alone, and leave what was asked for done", async () => {
    const { api } = setUp();
    api.leases.put("default", "tidings", { spec: { holderIdentity: "a" } });
    const update = (holderIdentity: string): Promise<HttpResponse> => {
      const { metadata } = api.leases.get("default", "tidings") ?? {};
      const body = {
        kind: "Lease",
        apiVersion: "coordination.k8s.io/v1",
        metadata,
        spec: { holderIdentity },
      };
      return api.http(
        { method: "PUT", path: lease, headers: {}, body: Buffer.from(JSON.stringify(body)) },
        never(),
      );
    };
    api.inject({ kind: "refuse", count: 1, code: "reset", resource: "leases", verb: "update", isDone: true });
    api.inject({ kind: "answer", count: 1, status: 503, resource: "leases", verb: "update" });
    assert.equal((await call(api, events)).status, 200);
    assert.equal((await call(api, lease)).status, 200);
    await assert.rejects(update("b"), { code: "reset" });
    assert.equal(api.leases.get("default", "tidings")?.spec.holderIdentity, "b");
    assert.equal((await update("c")).status, 503);
    assert.equal(api.leases.get("default", "tidings")?.spec.holderIdentity, "b");
    assert.deepEqual(
      api.requests.map(({ verb, resource, status }) => `${verb} ${resource} ${status}`),
      ["list events 200", "get leases 200", "update leases 0", "update leases 503"],
    );
  });

  test("a fault that has not served yet can be taken back", async () => {
    const { api } = setUp();
    api.inject({ kind: "answer", count: 2, status: 503 });
    assert.equal((await call(api, events)).status, 503);
    api.recover();
    assert.equal((await call(api, events)).status, 200);
  });

  test("others annotate and delete Leases", async () => {
    const { api } = setUp();
    api.leases.put("default", "tidings", { metadata: { annotations: { mine: "1" } }, spec: {} });
    const before = api.leases.get("default", "tidings")?.metadata.resourceVersion;
    api.inject({ kind: "annotate_leases" });
    const { annotations, resourceVersion } = api.leases.get("default", "tidings")?.metadata ?? {};
    assert.deepEqual(annotations, { mine: "1", "example.com/seen": "1" });
    assert.notEqual(resourceVersion, before);
    api.inject({ kind: "delete_leases" });
    assert.equal((await call(api, lease)).status, 404);
  });

  test("a request that hangs ends with its caller's patience", async () => {
    const { api } = setUp();
    api.inject({ kind: "hang", count: 1, forMs: 1_000_000 });
    const impatient = new AbortController();
    const answer = api.http({ method: "GET", path: events, headers: {} }, impatient.signal);
    impatient.abort();
    await assert.rejects(answer, (error) => error instanceof NetworkError && error.code === "aborted");
  });

  test("aborting a watch ends its body, read or not", async () => {
    const { log, api } = setUp();
    const path = `${events}?watch=1&resourceVersion=${put(log, 1)}`;
    const read = await open(api, path);
    const next = read.lines(1);
    read.abort();
    await assert.rejects(next, { code: "aborted" });
    const unread = await open(api, path);
    unread.abort();
    assert.equal(api.openWatches, 0);
  });

  test("bookmarks come when they are asked for and allowed", async () => {
    const { log, api } = setUp();
    const from = put(log, 1);
    const watch = await open(api, `${events}?watch=1&resourceVersion=${from}&allowWatchBookmarks=true`);
    log.skip(9);
    api.inject({ kind: "bookmark" });
    const [bookmark] = await watch.lines(1);
    assert.equal(`${bookmark?.type} ${bookmark?.rv}`, `BOOKMARK ${from + 9}`);
    await watch.close();

    const periodic = setUp({ bookmarkEveryMs: 1 });
    put(periodic.log, 1);
    const other = await open(periodic.api, `${events}?watch=1&resourceVersion=1&allowWatchBookmarks=true`);
    assert.deepEqual(
      (await other.lines(2)).map(({ type }) => type),
      ["BOOKMARK", "BOOKMARK"],
    );
    await other.close();
  });

  test("a body may dribble", async () => {
    const { log, api } = setUp();
    put(log, 1);
    api.inject({ kind: "dribble", bytes: 100, delayMs: 0 });
    const response = await api.http({ method: "GET", path: events, headers: {} }, never());
    const sizes: number[] = [];
    for await (const piece of response.body) sizes.push(piece.length);
    assert.ok(sizes.length > 1 && sizes.every((size) => size <= 100));
  });

  test("a long list is compressed for those who can read it", async () => {
    const { log, api } = setUp();
    put(log, 1000);
    const signal = never();
    const headers = { "accept-encoding": "gzip" };
    const long = await api.http({ method: "GET", path: events, headers }, signal);
    assert.equal(long.headers["content-encoding"], "gzip");
    const list = JSON.parse(gunzipSync(await bytesOf(long.body)).toString("utf8"));
    assert.equal(list.items.length, 1000);
    const short = await api.http({ method: "GET", path: `${events}?limit=2`, headers }, signal);
    assert.equal(short.headers["content-encoding"], undefined);
  });

  test("tokens and rights can be taken and given; open watches live on", async () => {
    const { log, api } = setUp({ users: { old: "system:serviceaccount:monitoring:tidings" } });
    const path = `${events}?watch=1&resourceVersion=${put(log, 1)}`;
    const authorization = "Bearer old";
    const watch = await open(api, path, { authorization });
    api.inject({ kind: "forbid", permission: "list events" });
    const refused = await call(api, events, { authorization });
    assert.equal(
      refused.json.message,
      'events.events.k8s.io is forbidden: User "system:serviceaccount:monitoring:tidings" cannot list resource ' +
        '"events" in API group "events.k8s.io" at the cluster scope',
    );
    api.inject({ kind: "permit", permission: "list events" });
    assert.equal((await call(api, events, { authorization })).status, 200);
    api.inject({ kind: "tokens", users: { new: "x" } });
    assert.equal((await call(api, events, { authorization })).status, 401);
    assert.equal((await call(api, events, { authorization: "Bearer new" })).status, 200);
    put(log, 1);
    assert.equal((await watch.lines(1)).length, 1);
    await watch.close();
  });

  test("after a restore, a watch from the old future stays silent until revisions have caught up", async () => {
    const { log, api } = setUp();
    put(log, 10);
    log.restore(4);
    const watch = await open(api, `${events}?watch=1&resourceVersion=10`);
    const next = watch.lines(1);
    put(log, 6);
    assert.equal(await Promise.race([next.then(() => "spoke"), settled().then(() => "silent")]), "silent");
    put(log, 1);
    assert.equal((await next)[0]?.rv, "11");
    await watch.close();
  });
});

function setUp(options: ApiServerOptions = {}): { readonly log: RevisionLog; readonly api: ApiServer } {
  const log = new RevisionLog();
  return { log, api: createApiServer(log, systemRuntime, options) };
}

/** Stores so many new Events; the last one's revision. */
function put(log: RevisionLog, count: number): number {
  let revision = 0;
  for (let index = 0; index < count; index += 1) {
    const name = `e${log.current + 1}`;
    revision = log.put({ metadata: { name, namespace: "default" }, note: "x".repeat(200) });
  }
  return revision;
}

interface Line {
  readonly type: string;
  readonly rv: string;
}

interface OpenWatch {
  /** Waits for so many lines; more may be kept for the next call. */
  lines(count: number): Promise<Line[]>;
  /** Type and code of all that is left. */
  rest(): Promise<string[]>;
  /** Bytes without a line feed so far. */
  partial(): string;
  abort(): void;
  close(): Promise<void>;
}

async function open(
  api: ApiServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenWatch> {
  const controller = new AbortController();
  const response = await api.http({ method: "GET", path, headers }, controller.signal);
  assert.equal(response.status, 200);
  const body = response.body[Symbol.asyncIterator]();
  const ready: string[] = [];
  let text = "";
  const more = async (): Promise<boolean> => {
    const { done, value } = await body.next();
    if (done === true) return false;
    text += Buffer.from(value).toString("utf8");
    const parts = text.split("\n");
    text = parts.pop() ?? "";
    ready.push(...parts);
    return true;
  };
  return {
    async lines(count) {
      while (ready.length < count && (await more()));
      return ready.splice(0, count).map(lineOf);
    },
    async rest() {
      while (await more());
      return ready.splice(0).map((line) => {
        const frame = JSON.parse(line);
        return `${frame.type} ${frame.object.code ?? frame.object.metadata.resourceVersion}`;
      });
    },
    partial: () => text,
    abort: () => controller.abort(),
    async close() {
      controller.abort();
      await body.return?.();
    },
  };
}

function lineOf(line: string): Line {
  try {
    const frame = JSON.parse(line);
    return { type: frame.type, rv: frame.object.metadata?.resourceVersion ?? "" };
  } catch {
    return { type: line, rv: "" };
  }
}

async function call(
  api: ApiServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: { readonly reason?: string; readonly message?: string };
}> {
  const response = await api.http({ method: "GET", path, headers }, never());
  const json = JSON.parse((await bytesOf(response.body)).toString("utf8"));
  return { status: response.status, headers: response.headers, json };
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

function never(): AbortSignal {
  return new AbortController().signal;
}

/** When everything that can happen without time has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}
