import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { suite, test } from "node:test";

import { NetworkError } from "../../../src/net/network-error.ts";
import { responseBody } from "../../../src/net/response-body.ts";

const cut = new NetworkError("reset", "cut");

suite("response body", () => {
  test("an end that is none is a fault", async () => {
    const stream = new PassThrough();
    const body = responseBody(stream, { faultOf: () => cut, missing: () => cut, cancel: () => {} });
    stream.end("first");
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    })();
    await assert.rejects(reading, cut);
    assert.deepEqual(chunks, ["first"]);
  });

  test("an error of the stream is made into ours", async () => {
    const stream = new PassThrough();
    stream.on("error", () => {});
    const broken = new Error("broken");
    const seen: unknown[] = [];
    const body = responseBody(stream, {
      faultOf: (error) => {
        seen.push(error);
        return cut;
      },
      missing: () => undefined,
      cancel: () => {},
    });
    stream.destroy(broken);
    await assert.rejects(body[Symbol.asyncIterator]().next(), cut);
    assert.deepEqual(seen, [broken]);
  });

  test("leaving it before the first read cancels", async () => {
    let cancelled = 0;
    const body = responseBody(new PassThrough(), {
      faultOf: () => cut,
      missing: () => undefined,
      cancel: () => {
        cancelled += 1;
      },
    });
    await body[Symbol.asyncIterator]().return?.();
    assert.equal(cancelled, 1);
  });
});
