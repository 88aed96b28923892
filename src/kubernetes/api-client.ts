import { boundedBody } from "../net/bounded-body.ts";
import type { Http, HttpRequest, HttpResponse } from "../net/http.ts";
import { NetworkError } from "../net/network-error.ts";
import { orAborted } from "../net/or-aborted.ts";
import { releasedBody } from "../net/released-body.ts";
/**
 * Requests to the API server with the caller's credentials. Every outcome is a value; nothing is tried again but a 401
 * once with fresh credentials, which is safe for a write too: the API server asks who it is before it does anything.
 * When to ask again is for the caller to say.
 */
import { isHeaderValue } from "../shared/header-value.ts";
import { retryAfterMs } from "../shared/retry-after.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { AuthorizationHeaders, ClusterAccess } from "./cluster-access.ts";
import { parseStatus } from "./status.ts";

/** Why there is no answer to work with. */
export type ApiFailure =
  /** The API server said no. Code 401 with reason `NoCredentials`: ours could not be read at all. */
  | {
      readonly kind: "status";
      readonly code: number;
      readonly reason: string;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: "network"; readonly error: NetworkError };

export type ApiAnswer<Body> =
  | { readonly kind: "ok"; readonly headers: Readonly<Record<string, string>>; readonly body: Body }
  | ApiFailure;

export interface WriteRequest {
  readonly method: "POST" | "PUT";
  readonly path: string;
  /** Sent as JSON. */
  readonly body: object;
}

export interface WholeAnswerOptions {
  /** For the whole answer, credentials and body included: without etcd a list hangs for a minute. */
  readonly timeoutMs: number;
}

export interface ApiClient {
  /** The whole answer. */
  get(path: string, options: WholeAnswerOptions, signal: AbortSignal): Promise<ApiAnswer<Uint8Array>>;
  /** A write and the whole answer. After kind `network`, or a 5xx, it may have been done: read to find out. */
  write(
    request: WriteRequest,
    options: WholeAnswerOptions,
    signal: AbortSignal,
  ): Promise<ApiAnswer<Uint8Array>>;
  /** An answer that goes on: the body is pulled, fails with `NetworkError`, and has to be read or left. */
  open(path: string, signal: AbortSignal): Promise<ApiAnswer<AsyncIterable<Uint8Array>>>;
}

export interface ApiClientOptions {
  /** `tidings/0.1.0` */
  readonly userAgent: string;
  /** A longer answer is refused. */
  readonly bodyBytesMax: number;
  /** For the credentials and the head of an answer that goes on. */
  readonly openTimeoutMs: number;
}

export const apiClientDefaults: ApiClientOptions = {
  userAgent: "tidings",
  // A page of 500 Events of 64 KiB, the longest that are seen, twice over.
  bodyBytesMax: 64 * 1024 * 1024,
  openTimeoutMs: 30_000,
};

type BareRequest = Omit<HttpRequest, "headers">;

/** What a server may make us wait at most: a year-long wish must not park us. */
const retryAfterMsMax = 5 * 60_000;
/** Of a refusal: more is no Status. */
const statusBytesMax = 64 * 1024;

export function createApiClient(
  http: Http,
  access: ClusterAccess,
  runtime: Runtime,
  options: ApiClientOptions = apiClientDefaults,
): ApiClient {
  async function send(request: BareRequest, signal: AbortSignal): Promise<HttpResponse | ApiFailure> {
    for (let attempt = 1; ; attempt += 1) {
      let authorization: AuthorizationHeaders;
      try {
        authorization = await orAborted(access.authorization(), signal);
      } catch (error) {
        if (error instanceof NetworkError) throw error;
        return noCredentials(error);
      }
      if (!Object.values(authorization).every(isHeaderValue)) {
        return noCredentials(
          "The credentials hold a line break or another character that no header may have",
        );
      }
      const headers = {
        accept: "application/json",
        "user-agent": options.userAgent,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...authorization,
      };
      const response = await http({ ...request, headers }, signal);
      if (response.status >= 200 && response.status < 300) return response;

      const body = await boundedBody(response.body, statusBytesMax);
      if (response.status === 401 && attempt === 1) {
        await access.refreshAuthorization();
        continue;
      }
      const status = parseStatus(response.status, body.bytes);
      const wishMs =
        retryAfterMs(response.headers["retry-after"], runtime.wallMs()) ??
        retryAfterMs(status.retryAfterSeconds?.toString(), runtime.wallMs());
      const { code, reason, message } = status;
      return {
        kind: "status",
        code,
        reason,
        message,
        retryAfterMs: wishMs === undefined ? undefined : Math.min(wishMs, retryAfterMsMax),
      };
    }
  }

  async function whole(
    request: BareRequest,
    { timeoutMs }: WholeAnswerOptions,
    signal: AbortSignal,
  ): Promise<ApiAnswer<Uint8Array>> {
    const { path } = request;
    using limit = runtime.timeout(timeoutMs, signal);
    try {
      const response = await send(request, limit.signal);
      if ("kind" in response) return response;
      const body = await boundedBody(response.body, options.bodyBytesMax);
      if (body.isWhole) return { kind: "ok", headers: response.headers, body: body.bytes };
      return {
        kind: "network",
        error: new NetworkError(
          "protocol",
          `The answer to ${path} is longer than ${options.bodyBytesMax} bytes; ask for smaller pages`,
        ),
      };
    } catch (error) {
      return failureOf(error, path, limit.expired ? timeoutMs : undefined);
    }
  }

  return {
    get: (path, limits, signal) => whole({ method: "GET", path }, limits, signal),

    async write({ method, path, body }, limits, signal) {
      return whole({ method, path, body: Buffer.from(JSON.stringify(body)) }, limits, signal);
    },

    async open(path, signal) {
      // The answer's body outlives the limit for its head, and lives with `signal`.
      const stop = new AbortController();
      const forward = (): void => stop.abort();
      signal.addEventListener("abort", forward);
      if (signal.aborted) stop.abort();
      const limit = runtime.timeout(options.openTimeoutMs);
      limit.signal.addEventListener("abort", forward);
      const release = (): void => signal.removeEventListener("abort", forward);
      try {
        const response = await send({ method: "GET", path }, stop.signal);
        if ("kind" in response) {
          release();
          return response;
        }
        return { kind: "ok", headers: response.headers, body: releasedBody(response.body, release) };
      } catch (error) {
        release();
        return failureOf(error, path, limit.expired ? options.openTimeoutMs : undefined);
      } finally {
        limit[Symbol.dispose]();
      }
    },
  };
}

function noCredentials(error: unknown): ApiFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "status", code: 401, reason: "NoCredentials", message, retryAfterMs: undefined };
}

/** `limitMs`: the limit that ended it. Throws what is no fault of the network. */
function failureOf(error: unknown, path: string, limitMs: number | undefined): ApiFailure {
  if (!(error instanceof NetworkError)) throw error;
  if (limitMs === undefined) return { kind: "network", error };
  const message = `The API server does not answer ${path} within ${limitMs} ms`;
  return { kind: "network", error: new NetworkError("timeout", message, { cause: error }) };
}
