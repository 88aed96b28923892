/**
 * Puts an `Http` function on real sockets of 127.0.0.1: HTTP/2 and HTTP/1.1 by ALPN over TLS, or either of them in
 * clear text. Bodies are pulled as fast as the peer reads. A `NetworkError` of the handler breaks the stream (HTTP/2) or
 * the connection (HTTP/1.1), as its client would see it; code `silent` leaves it open without a word.
 */
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp2Server, createSecureServer as createHttp2SecureServer } from "node:http2";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import type { Writable } from "node:stream";
import { Server as TlsServer } from "node:tls";
import type { SecureContextOptions } from "node:tls";

import type { Http, HttpRequest, HttpResponse } from "../net/http.ts";
import { NetworkError } from "../net/network-error.ts";
import { bodyOf } from "./body.ts";
import type { IssuedCertificate } from "./certificate.ts";

export interface FaceOptions {
  readonly tls?: {
    readonly certificate: IssuedCertificate;
    /** Demands a client's certificate of this authority. */
    readonly clientCaPem?: string;
  };
  /** With TLS: HTTP/2 is offered beside HTTP/1.1. Without: HTTP/2 with prior knowledge and nothing else. */
  readonly http2: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** A request with a longer body gets 413. Default 64 MiB. */
  readonly bodyBytesMax?: number;
}

export interface Face extends AsyncDisposable {
  /** `https://127.0.0.1:port` or with `http:`. */
  readonly origin: string;
  readonly port: number;
  /** Open connections. */
  readonly connections: number;
  /** Breaks every connection with a reset. */
  destroyConnections(): void;
  /** Tells every HTTP/2 connection to open no more streams; those that are open go on. */
  goAway(): void;
  /** New connections are greeted with this certificate. */
  useCertificate(certificate: IssuedCertificate): void;
  /** Breaks all and stops listening. Throws what a handler threw that was no NetworkError: a bug of the stand-in. */
  close(): Promise<void>;
}

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/** Starts to listen. */
export async function serveHttp(handler: Http, options: FaceOptions): Promise<Face> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const bugs: unknown[] = [];
  const bodyBytesMax = options.bodyBytesMax ?? 64 * 1024 * 1024;

  const server = serverFor(options, (incoming, outgoing) => {
    answer(handler, incoming, outgoing, bodyBytesMax).catch((error: unknown) => {
      if (bugs.length < 100) bugs.push(error);
      outgoing.destroy();
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", ignoreFault);
  });
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", ignoreFault);
  });
  // What peers do to their connections is theirs; a client that gives up in the handshake is no fault of the server.
  for (const event of ["sessionError", "tlsClientError"]) server.on(event, ignoreFault);
  server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on no port");
  const { port } = address;

  const face: Face = {
    origin: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    get connections() {
      return sockets.size;
    },
    destroyConnections() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    goAway() {
      for (const session of sessions) session.close();
    },
    useCertificate(certificate) {
      if (server instanceof TlsServer) server.setSecureContext(contextOf(certificate));
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
      if (bugs.length > 0) throw new AggregateError(bugs.splice(0), "A handler threw");
    },
    async [Symbol.asyncDispose]() {
      await face.close();
    },
  };
  return face;
}

function serverFor(options: FaceOptions, listener: (incoming: Incoming, outgoing: Outgoing) => void): Server {
  const settings = { maxConcurrentStreams: 250 };
  if (options.tls === undefined) {
    return options.http2 ? createHttp2Server({ settings }, listener) : createHttpServer(listener);
  }
  const { certificate, clientCaPem } = options.tls;
  const secure = {
    ...contextOf(certificate),
    ...(clientCaPem === undefined ? {} : { ca: clientCaPem, requestCert: true, rejectUnauthorized: true }),
  };
  return options.http2
    ? createHttp2SecureServer({ ...secure, allowHTTP1: true, settings }, listener)
    : createHttpsServer(secure, listener);
}

function contextOf(certificate: IssuedCertificate): SecureContextOptions {
  return { cert: certificate.certPem, key: certificate.keyPem };
}

async function answer(
  handler: Http,
  incoming: Incoming,
  outgoing: Outgoing,
  bodyBytesMax: number,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  outgoing.on("error", ignoreFault);
  if ("stream" in outgoing) outgoing.stream.on("error", ignoreFault);
  incoming.on("error", ignoreFault);
  try {
    const body = await requestBody(incoming, bodyBytesMax);
    if (gone.signal.aborted) return;
    if (body === undefined) {
      headSent({ status: 413, headers: {}, body: bodyOf([]) }, outgoing).end();
      return;
    }
    const response = await handler(requestOf(incoming, body), gone.signal);
    await send(response, outgoing, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof NetworkError)) throw error;
    if (error.code !== "silent") await breakOff(outgoing);
  }
}

async function send(response: HttpResponse, outgoing: Outgoing, gone: AbortSignal): Promise<void> {
  const sink = headSent(response, outgoing);
  for await (const piece of response.body) {
    if (gone.aborted) return;
    if (!sink.write(piece)) await drained(sink);
  }
  sink.end();
}

/** Sends the head at once, because the first line of a watch may be long in coming. */
function headSent({ status, headers }: HttpResponse, outgoing: Outgoing): Writable {
  if ("stream" in outgoing) {
    // HTTP/2 has no such header; Go's server, told to close, sends GOAWAY and lets open streams end.
    const { connection, ...others } = headers;
    outgoing.stream.respond({ ...others, ":status": status });
    if (connection === "close") outgoing.stream.session?.close();
    return outgoing.stream;
  }
  outgoing.writeHead(status, { ...headers });
  outgoing.flushHeaders();
  return outgoing;
}

/** Resolves when there is room again, or when the peer is gone. */
function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      sink.off("drain", end);
      sink.off("close", end);
      resolve();
    };
    sink.on("drain", end);
    sink.on("close", end);
    if (sink.destroyed) end();
  });
}

/** Ends it so that the client sees a break and never a clean end, but first what was sent before. */
async function breakOff(outgoing: Outgoing): Promise<void> {
  if (!("stream" in outgoing)) {
    outgoing.socket?.destroy();
    return;
  }
  const { stream } = outgoing;
  if (stream.headersSent) await flushed(stream);
  // Not close(code): that ends the stream first, which is what the client then sees.
  stream.destroy(new NetworkError("reset", "The stand-in broke the stream"));
}

/** Resolves when all that was written is with the transport, or the peer is gone. */
function flushed(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    sink.once("close", resolve);
    sink.write(new Uint8Array(), () => resolve());
  });
}

function requestOf(incoming: Incoming, body: Buffer): HttpRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !name.startsWith(":")) {
      headers[name] = typeof value === "string" ? value : value.join(", ");
    }
  }
  const method = methods.find((known) => known === incoming.method) ?? "GET";
  return { method, path: incoming.url ?? "/", headers, ...(body.length > 0 ? { body } : {}) };
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The whole body, or undefined when it is longer than that. */
async function requestBody(incoming: Incoming, bytesMax: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    if (!Buffer.isBuffer(piece)) continue;
    bytes += piece.length;
    // Read on, so that the answer is seen and not a reset.
    if (bytes <= bytesMax) pieces.push(piece);
  }
  return bytes <= bytesMax ? Buffer.concat(pieces) : undefined;
}

function ignoreFault(): void {
  // The stand-in's client tells of it; here there is nobody to tell.
}
