import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { adminResponse, type AdminParts } from "./admin-routes.ts";
import type { Component } from "./run-all.ts";

export interface ListenAddress {
  /** Without brackets. `::` is every address of the machine, also where it has no IPv6. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface AdminServer extends Component {
  /** The port that it listens on; rejects with what `run` rejects with, or when it is stopped before it listens. */
  readonly ready: Promise<{ readonly port: number }>;
}

// A client that is slow or hostile costs at most this, whatever it does: connections × (head + one answer).
const connectionsMax = 64;
const headBytesMax = 8 * 1024;
const headMsMax = 5000;
const requestMsMax = 10_000;
/** An answer that nobody takes. */
const silenceMsMax = 15_000;

/**
 * The HTTP server of `/metrics` and the probes on `listen`. `run` rejects with an error that says what to change
 * when it cannot listen there; once `signal` aborts it closes at once, without
 * waiting for anybody.
 */
export function createAdminServer(listen: ListenAddress, parts: AdminParts): AdminServer {
  const ready = Promise.withResolvers<{ readonly port: number }>();
  // Whoever does not ask for the port learns of the failure from `run`.
  ready.promise.catch(() => {});
  return {
    name: "admin server",
    ready: ready.promise,
    async run(signal) {
      try {
        const server = adminServer(parts);
        const port = await listening(server, listen, signal);
        if (port === undefined) throw new Error("The admin server was stopped before it listened");
        ready.resolve({ port });
        await closed(server, signal);
      } catch (error) {
        ready.reject(error);
        if (!signal.aborted) throw error;
      }
    },
  };
}

function adminServer(parts: AdminParts): Server {
  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      headersTimeout: headMsMax,
      requestTimeout: requestMsMax,
      connectionsCheckingInterval: headMsMax,
    },
    (request, response) => void answer(parts, request, response),
  );
  server.maxConnections = connectionsMax;
  server.timeout = silenceMsMax;
  return server;
}

/** Never rejects: a fault of ours is a 500, and a client that is gone is gone. */
async function answer(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on("error", () => {});
  try {
    const { method = "", url = "", headers } = request;
    const {
      status,
      headers: fields,
      body,
    } = await adminResponse(parts, {
      method,
      target: url,
      accept: headers.accept,
    });
    response.writeHead(status, {
      ...fields,
      "content-length": Buffer.byteLength(body),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(method === "HEAD" ? undefined : body);
  } catch (error) {
    const words = error instanceof Error ? error.message : "unknown";
    if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
    response.end(`Cannot answer: ${words}\n`);
  }
}

/** The port, or undefined when `signal` aborted first. */
async function listening(
  server: Server,
  listen: ListenAddress,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (signal.aborted) return undefined;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new Error(`Cannot listen on ${printed(listen)}: ${listenFaults.get(cause.code) ?? cause.message}`, {
          cause,
        }),
      );
    });
    // Without a host Node takes `::`, and `0.0.0.0` where there is no IPv6.
    const { host, port } = listen;
    server.listen(host === "::" ? { port } : { host, port }, resolve);
  });
  const bound = server.address();
  return bound === null || typeof bound === "string" ? undefined : bound.port;
}

function printed({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const listenFaults: ReadonlyMap<string | undefined, string> = new Map([
  [
    "EADDRINUSE",
    "the port is in use. Stop what uses it, or set another address, or `off`, in http.listen (TIDINGS_HTTP_LISTEN)",
  ],
  ["EACCES", "this user may not use that port. Set one above 1023 in http.listen"],
  [
    "EADDRNOTAVAIL",
    "no interface of this machine has that address. Set one that it has in http.listen, or 0.0.0.0 for all of them",
  ],
  ["ENOTFOUND", "no such host. Set an address of this machine in http.listen, or 0.0.0.0 for all of them"],
  ["EAI_AGAIN", "no such host. Set an address of this machine in http.listen, or 0.0.0.0 for all of them"],
]);

/** Resolves once `signal` has aborted and every connection is closed; rejects when the listening itself fails. */
async function closed(server: Server, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const close = (): void => {
      server.close(() => resolve());
      server.closeAllConnections();
    };
    server.on("error", reject);
    if (signal.aborted) close();
    else signal.addEventListener("abort", close, { once: true });
  });
}
