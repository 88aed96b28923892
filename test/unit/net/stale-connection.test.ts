import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { suite, test } from "node:test";

import type { HttpRequest, HttpResponse } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import { StaleConnection, sendUnlessStale } from "../../../src/net/stale-connection.ts";

const reset = new NetworkError("reset", "closed");

suite("stale connection", () => {
  const cases: readonly {
    readonly name: string;
    readonly method: HttpRequest["method"];
    readonly ends: readonly (Error | "ok")[];
    readonly sends: readonly boolean[];
    readonly fault?: Error;
  }[] = [
    {
      name: "a GET is sent again on a fresh one",
      method: "GET",
      ends: [stale(true), "ok"],
      sends: [false, true],
    },
    { name: "a POST is not", method: "POST", ends: [stale(true)], sends: [false], fault: reset },
    {
      name: "a POST of which nothing was sent is",
      method: "POST",
      ends: [stale(false), "ok"],
      sends: [false, true],
    },
    {
      name: "once and no more",
      method: "GET",
      ends: [stale(true), stale(true)],
      sends: [false, true],
      fault: reset,
    },
    { name: "another fault is not repeated", method: "GET", ends: [reset], sends: [false], fault: reset },
  ];
  for (const { name, method, ends, sends, fault } of cases) {
    test(name, async () => {
      const sent: boolean[] = [];
      const answer: HttpResponse = { status: 200, headers: {}, body: Readable.from([]) };
      const sending = sendUnlessStale({ method, path: "/", headers: {} }, async (fresh) => {
        const end = ends[sent.push(fresh) - 1];
        if (end instanceof Error) throw end;
        return answer;
      });
      if (fault === undefined) assert.equal(await sending, answer);
      else await assert.rejects(sending, fault);
      assert.deepEqual(sent, sends);
    });
  }
});

function stale(sent: boolean): StaleConnection {
  return new StaleConnection(reset, sent);
}
