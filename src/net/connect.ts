import { request as httpRequest } from "node:http";
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import type { Runtime } from "../shared/runtime.ts";
import { codeOf, networkErrorOf } from "./fault-of.ts";
import { NetworkError } from "./network-error.ts";
import type { TlsMaterial } from "./tls-material.ts";

export interface ConnectOptions {
  readonly origin: URL;
  /** With `http:` and optional basic credentials; the connection is tunnelled through it by CONNECT. */
  readonly proxy: URL | undefined;
  /** For all steps together: name, TCP, proxy, TLS. */
  readonly timeoutMs: number;
}

export interface Connection {
  readonly socket: Socket;
  /** What TLS agreed on; "" where the server does not negotiate. */
  readonly protocol: "h2" | "http/1.1" | "";
}

/** A vanished host is noticed after this long and some ten probes, also where nothing is sent. */
const keepAliveDelayMs = 15_000;

/**
 * Opens one connection to the origin, ready for HTTP. `tls` is for an `https:` origin only.
 * Rejects with a `NetworkError`, at the latest after `timeoutMs`; nothing stays open then.
 */
export async function openConnection(
  options: ConnectOptions,
  tls: TlsMaterial,
  protocols: readonly string[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Connection> {
  using limit = runtime.timeout(options.timeoutMs, signal);
  const doing = `Cannot connect to ${options.origin.origin}`;
  const aborted = (): NetworkError =>
    signal.aborted
      ? new NetworkError("aborted", `${doing}: aborted`)
      : new NetworkError("timeout", `${doing}: no connection within ${options.timeoutMs} ms`);
  if (limit.signal.aborted) throw aborted();

  const raw =
    options.proxy === undefined
      ? await tcp(options.origin, doing, limit.signal, aborted)
      : await tunnel(options.proxy, options.origin, doing, limit.signal, aborted);
  raw.setNoDelay(true);
  raw.setKeepAlive(true, keepAliveDelayMs);
  if (options.origin.protocol === "http:") return { socket: raw, protocol: "" };
  return await secure(raw, options.origin, tls, protocols, doing, limit.signal, aborted);
}

function tcp(origin: URL, doing: string, signal: AbortSignal, aborted: () => NetworkError): Promise<Socket> {
  const socket = connectTcp({ host: hostOf(origin), port: portOf(origin) });
  return ready(socket, "connect", doing, signal, aborted);
}

function tunnel(
  proxy: URL,
  origin: URL,
  doing: string,
  signal: AbortSignal,
  aborted: () => NetworkError,
): Promise<Socket> {
  const target = `${origin.hostname}:${portOf(origin)}`;
  const through = `${doing} through the proxy ${proxy.host}`;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: hostOf(proxy),
      port: portOf(proxy),
      method: "CONNECT",
      path: target,
      agent: false,
      headers: {
        host: target,
        ...(proxy.username === ""
          ? {}
          : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
      },
    });
    const abort = (): void => void request.destroy(aborted());
    signal.addEventListener("abort", abort);
    const done = (): void => signal.removeEventListener("abort", abort);

    request.on("error", (error) => {
      done();
      reject(networkErrorOf(error, through));
    });
    request.on("connect", (response, socket: Socket, head: Buffer) => {
      done();
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.on("error", () => {});
      socket.destroy();
      const answer = `${response.statusCode ?? ""} ${response.statusMessage ?? ""}`.trim();
      const code = response.statusCode === 407 ? "refused" : "unreachable";
      reject(new NetworkError(code, `${through}: the proxy answers ${answer}`));
    });
    request.end();
  });
}

async function secure(
  raw: Socket,
  origin: URL,
  { ca, cert, key, servername, rejectUnauthorized }: TlsMaterial,
  protocols: readonly string[],
  doing: string,
  signal: AbortSignal,
  aborted: () => NetworkError,
): Promise<Connection> {
  const name = servername ?? hostOf(origin);
  try {
    const socket = connectTls({
      socket: raw,
      // The name that the certificate must carry; SNI knows no addresses (RFC 6066, section 3).
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ALPNProtocols: [...protocols],
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      rejectUnauthorized: rejectUnauthorized ?? true,
    });
    await ready(socket, "secureConnect", doing, signal, aborted);
    const agreed = socket.alpnProtocol;
    return { socket, protocol: agreed === "h2" || agreed === "http/1.1" ? agreed : "" };
  } catch (error) {
    raw.destroy();
    throw networkErrorOf(error, doing);
  }
}

function ready<T extends Socket>(
  socket: T,
  event: "connect" | "secureConnect",
  doing: string,
  signal: AbortSignal,
  aborted: () => NetworkError,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void socket.destroy(aborted());
    const done = (): void => {
      signal.removeEventListener("abort", abort);
      socket.off("error", failed);
      socket.off(event, succeeded);
    };
    const failed = (error: Error): void => {
      done();
      // Late words of a socket that is given up are nobody's.
      socket.on("error", () => {});
      // Here it is the kernel that gave up to wait for an answer to SYN.
      reject(
        codeOf(error) === "ETIMEDOUT"
          ? new NetworkError("timeout", `${doing}: no answer (${error.message})`, { cause: error })
          : networkErrorOf(error, doing),
      );
    };
    const succeeded = (): void => {
      done();
      resolve(socket);
    };
    socket.on("error", failed);
    socket.on(event, succeeded);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}
