import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { listPath, watchPath } from "../../../src/kubernetes/events-api.ts";

suite("events API", () => {
  test("lists", () => {
    assert.equal(listPath({ limit: 1 }), "/apis/events.k8s.io/v1/events?limit=1");
    assert.equal(
      listPath({ namespace: "shop", limit: 500, continueToken: "" }),
      "/apis/events.k8s.io/v1/namespaces/shop/events?limit=500",
    );
    assert.equal(
      listPath({ limit: 500, continueToken: "a+b/c=" }),
      "/apis/events.k8s.io/v1/events?limit=500&continue=a%2Bb%2Fc%3D",
    );
  });

  test("lists as it was, and one Event of it", () => {
    assert.equal(
      listPath({ exactResourceVersion: "42", limit: 500, continueToken: "" }),
      "/apis/events.k8s.io/v1/events?limit=500&resourceVersion=42&resourceVersionMatch=Exact",
    );
    assert.equal(
      listPath({ exactResourceVersion: "42", limit: 500, continueToken: "next" }),
      "/apis/events.k8s.io/v1/events?limit=500&continue=next",
      "a token has its own; the API server refuses both",
    );
    assert.equal(
      listPath({ namespace: "shop", name: "web-1.18a2f", exactResourceVersion: "42", limit: 1 }),
      "/apis/events.k8s.io/v1/namespaces/shop/events?limit=1&fieldSelector=metadata.name%3Dweb-1.18a2f" +
        "&resourceVersion=42&resourceVersionMatch=Exact",
    );
  });

  test("watches", () => {
    assert.equal(
      watchPath({ resourceVersion: "42", timeoutSeconds: 270 }),
      "/apis/events.k8s.io/v1/events?watch=true&resourceVersion=42&timeoutSeconds=270&allowWatchBookmarks=true",
    );
  });
});
