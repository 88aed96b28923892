import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { adminResponse, type AdminParts } from "../../../src/lifecycle/admin-routes.ts";

const well = { ok: true, checks: [{ name: "source", ok: true, detail: "" }] };
const parts: AdminParts = {
  metrics: async (accept) => ({ contentType: "text/x", body: `accept=${accept}` }),
  health: {
    startup: () => well,
    live: () => well,
    ready: () => ({
      ok: false,
      checks: [
        { name: "source", ok: false, detail: "HTTP 403" },
        { name: "not-stopping", ok: true, detail: "" },
      ],
    }),
  },
};

suite("admin-routes", () => {
  const cases: readonly {
    readonly request: string;
    readonly status: number;
    readonly type?: string;
    readonly body: string | RegExp;
  }[] = [
    { request: "GET /livez", status: 200, body: "ok\n" },
    { request: "HEAD /startupz", status: 200, body: "ok\n" },
    { request: "GET /readyz", status: 503, body: "failed: source: HTTP 403\n" },
    {
      request: "GET /readyz?verbose",
      status: 503,
      type: "application/json; charset=utf-8",
      body: /"name": "source",\n\s+"ok": false,\n\s+"detail": "HTTP 403"/,
    },
    {
      request: "GET /livez?verbose=true",
      status: 200,
      type: "application/json; charset=utf-8",
      body: /"ok": true/,
    },
    { request: "GET /metrics", status: 200, type: "text/x", body: "accept=q" },
    { request: "GET /metrics?name[]=x", status: 200, type: "text/x", body: "accept=q" },
    { request: "GET /", status: 200, body: /\/metrics .*\n.*\/startupz .*\n.*\/livez .*\n.*\/readyz/ },
    { request: "GET /metrics/", status: 404, body: /Not found/ },
    { request: "GET /__proto__", status: 404, body: /Not found/ },
    { request: "GET *", status: 404, body: /Not found/ },
    { request: "POST /nowhere", status: 404, body: /Not found/ },
    { request: "POST /metrics", status: 405, body: /Only GET and HEAD/ },
    { request: "DELETE /livez", status: 405, body: /Only GET and HEAD/ },
  ];
  for (const { request, status, type, body } of cases) {
    test(`${request} is answered with ${status}`, async () => {
      const [method = "", target = ""] = request.split(" ");
      const response = await adminResponse(parts, { method, target, accept: "q" });
      assert.equal(response.status, status);
      assert.equal(response.headers["content-type"], type ?? "text/plain; charset=utf-8");
      assert.equal(response.headers["allow"], status === 405 ? "GET, HEAD" : undefined);
      if (typeof body === "string") assert.equal(response.body, body);
      else assert.match(response.body, body);
    });
  }
});
