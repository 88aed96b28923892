import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { createApiServer } from "../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../src/standin/api-server/revision-log.ts";
import { createAuthority } from "../../src/standin/certificate.ts";
import { serveHttp } from "../../src/standin/face.ts";
import type { ExpiringTarget } from "./contract-target.ts";
import { connectHttp2 } from "./http2-client.ts";

export interface OwnedTarget extends AsyncDisposable {
  readonly target: ExpiringTarget;
}

/** The stand-in behind TLS and HTTP/2, as the real server is. */
export async function startStandinTarget(): Promise<OwnedTarget> {
  const namespace = "contract";
  const log = new RevisionLog({ firstRevision: 990 });
  const users = { good: "reader", poor: "system:serviceaccount:contract:powerless" };
  // The stand-in's rights are one set for all, so two of them over one log make two users.
  const reader = createApiServer(log, systemRuntime, { users });
  const powerless = createApiServer(log, systemRuntime, { users });
  for (const permission of [
    "list events",
    "watch events",
    "get namespaces",
    "get leases",
    "create leases",
    "update leases",
  ] as const) {
    powerless.inject({ kind: "forbid", permission });
  }

  const validFromMs = Date.now() - 60_000;
  const validToMs = Date.now() + 3_600_000;
  const authority = createAuthority({ commonName: "contract CA", validFromMs, validToMs });
  const certificate = authority.issue({
    commonName: "kube-apiserver",
    ipAddresses: ["127.0.0.1"],
    validFromMs,
    validToMs,
  });
  await using started = new AsyncDisposableStack();
  const face = started.use(
    await serveHttp(
      (request, signal) => {
        const isPoor = request.headers["authorization"] === "Bearer poor";
        return (isPoor ? powerless : reader).http(request, signal);
      },
      { tls: { certificate }, http2: true },
    ),
  );
  const client = started.use(connectHttp2(face.origin, authority.caPem));
  // Something of another namespace, which a real cluster always has.
  log.put({ metadata: { namespace: "another", name: "x" }, note: "of others" });

  const event = (name: string): { metadata: { namespace: string; name: string } } => ({
    metadata: { namespace, name },
  });
  const notes = new Map<string, string>();
  const parts = started.move();
  return {
    target: {
      http: client.http,
      token: "good",
      powerless: { token: "poor", userName: users.poor },
      namespace,
      expire: async (names) => {
        log.deleteMany(names.map((name) => ({ namespace, name })));
      },
      writer: {
        create: async (name, note) => {
          notes.set(name, note);
          return String(log.put({ ...event(name), note }));
        },
        repeat: async (name, count) =>
          String(log.put({ ...event(name), note: notes.get(name), series: { count } })),
        delete: async (name) => {
          log.delete(namespace, name);
        },
        deleteLease: async (name) => reader.leases.delete(namespace, name),
        compact: async () => log.compact(log.current),
      },
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
