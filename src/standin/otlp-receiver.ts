/**
 * An OTLP/HTTP endpoint for logs as an `Http` function: it takes protobuf (gzip or not), remembers what it took, and
 * gives any answer a test asks for. By default it is a backend that takes everything; `loki` makes it refuse as Loki
 * does; `ReceiverFault` values make it fail as networks and collectors do.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import type { Http, HttpRequest, HttpResponse } from "../net/http.ts";
import { NetworkError } from "../net/network-error.ts";
import { decodeLogsRequest } from "../otlp/decode.ts";
import type { LogsRequest } from "../otlp/logs-request.ts";
import { assertNever } from "../shared/assert-never.ts";
import type { Runtime } from "../shared/runtime.ts";
import { bodyOf } from "./body.ts";
import { countLogRecords } from "./count-log-records.ts";
import { LokiOrder } from "./loki-order.ts";
import { decompressed, plain, protobuf, refused, taken } from "./otlp-answer.ts";
import type { ReceivedRecord } from "./received-record.ts";
import type { ReceiverFault } from "./receiver-fault.ts";

export interface OtlpReceiverOptions {
  /** Default `/v1/logs`; Loki has `/otlp/v1/logs`. */
  readonly paths?: readonly string[];
  /** `count` only counts records (a bench's sink must not cost what the sender costs). Default `records`. */
  readonly remember?: "records" | "count";
  /** Records kept; those beyond are only counted. Default 200,000. */
  readonly recordsMax?: number;
  /** 413 for a body beyond this, before or after decompression. Default 20 MiB, as the collector's. */
  readonly requestBytesMax?: number;
  /** Answer to what was taken. Default 200; Loki says 204. */
  readonly successStatus?: 200 | 204;
  /** Why a record is refused, or undefined. Any refusal makes the answer 400; the good ones are stored. */
  readonly refusal?: (record: ReceivedRecord) => string | undefined;
  /** Refuses records that lie so far behind the newest of their stream, as Loki does (1 h by default there). */
  readonly lokiBehindMsMax?: number;
  /** Called with the stored records of each request, in order. */
  readonly onRecords?: (records: readonly ReceivedRecord[]) => void;
}

/** One request as it was answered. `status` 0: there was no answer. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly records: number;
  readonly status: number;
}

export interface OtlpReceiver {
  readonly http: Http;
  /** What was stored, in order of arrival, up to `recordsMax`. */
  readonly records: readonly ReceivedRecord[];
  /** All that was stored. */
  readonly recordCount: number;
  readonly requestCount: number;
  /** Bytes of all bodies as they came. */
  readonly byteCount: number;
  /** The latest 1,000 requests, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  inject(fault: ReceiverFault): void;
  /** Takes back every fault that has not served yet. */
  recover(): void;
  /** Forgets records and counts. */
  clear(): void;
}

const requestsMax = 1000;

export function createOtlpReceiver(runtime: Runtime, options: OtlpReceiverOptions = {}): OtlpReceiver {
  const paths = options.paths ?? ["/v1/logs"];
  const recordsMax = options.recordsMax ?? 200_000;
  const requestBytesMax = options.requestBytesMax ?? 20 * 1024 * 1024;
  const order = options.lokiBehindMsMax === undefined ? undefined : new LokiOrder(options.lokiBehindMsMax);
  const records: ReceivedRecord[] = [];
  const requests: ReceivedRequest[] = [];
  const faults: { readonly fault: ReceiverFault; left: number }[] = [];
  let recordCount = 0;
  let requestCount = 0;
  let byteCount = 0;

  const http: Http = async (request, signal) => {
    const body = request.body ?? new Uint8Array();
    requestCount += 1;
    byteCount += body.length;
    const before = recordCount;
    let status = 0;
    try {
      if (signal.aborted) throw aborted();
      const response = await respond(request, body, signal);
      status = response.status;
      return response;
    } finally {
      const { path, headers } = request;
      requests.push({ path, headers, bytes: body.length, records: recordCount - before, status });
      if (requests.length > requestsMax) requests.shift();
    }
  };

  async function respond(request: HttpRequest, body: Uint8Array, signal: AbortSignal): Promise<HttpResponse> {
    const [path = ""] = request.path.split("?", 1);
    if (!paths.includes(path)) return plain(404, "404 page not found");
    if (request.method !== "POST") return plain(405, "405 method not allowed, supported: [POST]");

    const fault = nextFault();
    switch (fault?.kind) {
      case undefined:
        return take(request, body);
      case "answer": {
        if (fault.store === true) take(request, body);
        const text = fault.body ?? "";
        return {
          status: fault.status,
          headers: { "content-type": protobuf, ...fault.headers },
          body: bodyOf([typeof text === "string" ? Buffer.from(text) : text]),
        };
      }
      case "partial_success":
        return take(request, body, fault);
      case "delay":
        await delay(fault.forMs, signal);
        return take(request, body);
      case "lose_answer":
        take(request, body);
        throw new NetworkError(fault.code, `The stand-in lost its answer (${fault.code})`);
      case "refuse":
        throw new NetworkError(fault.code, `The stand-in failed the request (${fault.code})`);
      default:
        return assertNever(fault);
    }
  }

  function nextFault(): ReceiverFault | undefined {
    const first = faults[0];
    if (first === undefined) return undefined;
    first.left -= 1;
    if (first.left <= 0) faults.shift();
    return first.fault;
  }

  async function delay(forMs: number, signal: AbortSignal): Promise<void> {
    // A timer holds 2^31 ms at most, which is long enough for "never".
    await runtime.sleep(Math.min(forMs, 2 ** 31 - 1), signal);
    if (signal.aborted) throw aborted();
  }

  /** Stores what is good of a request and says what a server says then. */
  function take(
    request: HttpRequest,
    body: Uint8Array,
    partial: { readonly rejected: number; readonly message: string } = { rejected: 0, message: "" },
  ): HttpResponse {
    if (request.headers["content-type"] !== protobuf) {
      return plain(415, `415 unsupported media type, supported: [${protobuf}]`);
    }
    if (body.length > requestBytesMax) return refused(413, "request body too large");
    const bytes = decompressed(request, body, requestBytesMax);
    if (bytes === "too_large") return refused(413, "request body too large");
    if (bytes === "malformed") return refused(400, "the body is not what its content-encoding says");

    if (options.remember === "count") {
      recordCount += countLogRecords(bytes);
      return taken(options.successStatus ?? 200, partial);
    }
    const decoded = decodeLogsRequest(bytes);
    if (decoded.kind === "malformed") return refused(400, decoded.fault);
    const sent = flattened(decoded.value, runtime.wallMs());
    const { good, answer } = sorted(sent.slice(0, Math.max(0, sent.length - partial.rejected)));
    store(good);
    if (answer !== undefined) return refused(400, answer);
    return taken(options.successStatus ?? 200, partial);
  }

  /** What may be stored, and the words of a 400 where something may not. */
  function sorted(sent: readonly ReceivedRecord[]): {
    readonly good: readonly ReceivedRecord[];
    readonly answer: string | undefined;
  } {
    let answer: string | undefined;
    const good = sent.filter((record) => {
      const reason = options.refusal?.(record);
      answer ??= reason;
      return reason === undefined;
    });
    if (order === undefined) return { good, answer };
    const ordered = order.take(good);
    return { good: ordered.good, answer: answer ?? ordered.answer };
  }

  function store(stored: readonly ReceivedRecord[]): void {
    recordCount += stored.length;
    records.push(...stored.slice(0, Math.max(0, recordsMax - records.length)));
    if (stored.length > 0) options.onRecords?.(stored);
  }

  return {
    http,
    records,
    get recordCount() {
      return recordCount;
    },
    get requestCount() {
      return requestCount;
    },
    get byteCount() {
      return byteCount;
    },
    requests,
    inject(fault) {
      faults.push({ fault, left: fault.count });
    },
    recover() {
      faults.length = 0;
    },
    clear() {
      records.length = 0;
      requests.length = 0;
      recordCount = 0;
      requestCount = 0;
      byteCount = 0;
    },
  };
}

function flattened(request: LogsRequest, receivedAtMs: number): ReceivedRecord[] {
  return request.resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => ({ resource, scope, record, receivedAtMs })),
    ),
  );
}

function aborted(): NetworkError {
  return new NetworkError("aborted", "The request was aborted");
}
