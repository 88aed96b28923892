import type { Frame } from "../model/frame.ts";
import type { Http, HttpResponse } from "../net/http.ts";
import { NetworkError, type NetworkFault } from "../net/network-error.ts";
import { assembleRequest } from "../otlp/assemble.ts";
import { outcomeOfResponse, type SendOutcome } from "../otlp/outcome.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { Compress } from "./gzip.ts";

/** Sends frames as one request. Never throws for a fault outside the program: that is an outcome. */
export type Send = (frames: readonly Frame[], signal: AbortSignal) => Promise<SendOutcome>;

/**
 * The headers of the next request, lower-case names; called for each, so that a token in a file may rotate. May reject:
 * then everything is held, and the error's message says why.
 */
export type Headers = (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;

export interface SendOptions {
  /** Such as `/v1/logs`; the origin belongs to `http`. */
  readonly path: string;
  /** For one request from its first byte to the end of its answer. */
  readonly timeoutMs: number;
  /** https://opentelemetry.io/docs/specs/otel/protocol/exporter/#user-agent */
  readonly userAgent: string;
}

export interface SendParts {
  readonly http: Http;
  /** Gives gzip; undefined sends the bytes as they are. */
  readonly compress: Compress | undefined;
  readonly headers: Headers;
  readonly runtime: Runtime;
}

/** Of a response; OTLP asks clients for a bound and names this one. */
const responseBytesMax = 4 * 1024 * 1024;

export function createSend(options: SendOptions, parts: SendParts): Send {
  const { http, compress, headers, runtime } = parts;
  const encodeBody = compress === undefined ? asItIs : compressed(compress);
  return async (frames, signal) => {
    const body = await encodeBody(frames);

    using timer = runtime.timeout(options.timeoutMs, signal);
    let custom: Readonly<Record<string, string>>;
    try {
      custom = await headers(timer.signal);
    } catch (error) {
      if (signal.aborted) return { kind: "aborted" };
      return { kind: "held", detail: `Cannot make the request's headers: ${messageOf(error)}` };
    }
    if (signal.aborted) return { kind: "aborted" };

    try {
      const response = await http(
        {
          method: "POST",
          path: options.path,
          headers: {
            "user-agent": options.userAgent,
            ...custom,
            "content-type": "application/x-protobuf",
            ...(compress !== undefined && { "content-encoding": "gzip" }),
            "content-length": String(body.length),
          },
          body,
        },
        timer.signal,
      );
      const answer = await readBody(response);
      return outcomeOfResponse(response, answer, { records: frames.length, nowMs: runtime.wallMs() });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      if (signal.aborted) return { kind: "aborted" };
      if (timer.expired) {
        const detail = `No answer within ${options.timeoutMs} ms`;
        return { kind: "retryable", detail, retryAfterMs: undefined };
      }
      return outcomeOfFault(error);
    }
  };
}

async function asItIs(frames: readonly Frame[]): Promise<Uint8Array> {
  return assembleRequest(frames);
}

/**
 * What is compressed lives for the time of compressing only, a megabyte a request: the same memory serves again, which
 * spares the collector half of what it would have to look after. As many pieces as requests were compressed at once.
 */
function compressed(compress: Compress): (frames: readonly Frame[]) => Promise<Uint8Array> {
  const spare: ArrayBufferLike[] = [];
  return async (frames) => {
    const room = spare.pop();
    const request = assembleRequest(frames, room === undefined ? undefined : new Uint8Array(room));
    const body = await compress(request);
    spare.push(request.buffer);
    return body;
  };
}

/**
 * The answer's body, or what came of it: the status is the server's verdict, and a body that breaks off or never ends
 * does not undo it.
 */
async function readBody(response: HttpResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= responseBytesMax) break;
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
  return Buffer.concat(chunks);
}

function outcomeOfFault(error: NetworkError): SendOutcome {
  const advice = adviceOn.get(error.code);
  if (advice !== undefined) return { kind: "held", detail: `${error.message}; ${advice}` };
  return { kind: "retryable", detail: error.message, retryAfterMs: undefined };
}

/** Of the faults that do not pass by themselves, what a person can do. */
const adviceOn: ReadonlyMap<NetworkFault, string> = new Map<NetworkFault, string>([
  ["tls", "check the endpoint's scheme, and the output's CA and client certificate"],
  ["protocol", "check the endpoint's scheme (http or https) and port"],
]);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
