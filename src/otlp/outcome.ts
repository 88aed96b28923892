import type { RejectReason } from "../model/notice.ts";
import { assertNever } from "../shared/assert-never.ts";
import { retryAfterMs } from "../shared/retry-after.ts";
import { partialSuccessOf } from "./partial-success.ts";
import { cleanWords, serversWords } from "./servers-words.ts";

/** What became of one request. Each kind asks for another deed; `delivery` switches over them. */
export type SendOutcome =
  /** The server has it. `rejected` records of it were refused for good, which `message` explains. */
  | { readonly kind: "delivered"; readonly rejected: number; readonly message: string }
  /** The server or the way to it is unwell: send the same again, for ever. */
  | { readonly kind: "retryable"; readonly detail: string; readonly retryAfterMs: number | undefined }
  /** The server failed and does not say whether it will again: send again for a bounded time, then divide. */
  | { readonly kind: "server_error"; readonly detail: string; readonly retryAfterMs: number | undefined }
  /** Nothing will be taken until a person changes something: hold everything, look again slowly. */
  | { readonly kind: "held"; readonly detail: string }
  /** The request is too large, or one of its records is at fault: divide it; a single record is rejected. */
  | { readonly kind: "divide"; readonly reason: RejectReason; readonly detail: string }
  /** We gave up waiting, being about to stop: whether the server has it is unknown. */
  | { readonly kind: "aborted" };

/**
 * Reads a response. `nowMs` is the wall clock, for a Retry-After in the form of a date; `records` how many were sent.
 *
 * The rules are OTLP's (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response), and beyond them: what is wrong
 * with the endpoint rather than with the records (credentials, path, a redirect, a login page) is held, not lost; a 500
 * gets some time, because the collector says it of its own permanent errors and proxies say it of a restart.
 */
export function outcomeOfResponse(
  response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  body: Uint8Array,
  sent: { readonly records: number; readonly nowMs: number },
): SendOutcome {
  const { status, headers } = response;
  const contentType = headers["content-type"] ?? "";
  if (status >= 200 && status <= 204) return outcomeOfSuccess(status, contentType, body, sent.records);

  const words = serversWords(contentType, body);
  const detail = words === "" ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
  // Servers answer a plain request to their TLS port so; nothing is wrong with the records.
  if (status === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS/i.test(detail)) {
    return { kind: "held", detail: `${detail}; write https:// in the endpoint` };
  }
  const deed = deedOf(status);
  switch (deed) {
    case "retryable":
    case "server_error":
      return { kind: deed, detail, retryAfterMs: retryAfterMs(headers["retry-after"], sent.nowMs) };
    case "divide":
      // The collector's receiver answers 400 where others answer 413 (Go's http.MaxBytesReader).
      return {
        kind: "divide",
        reason: status === 413 || detail.includes("request body too large") ? "too_large" : "invalid",
        detail,
      };
    case "held":
      return { kind: "held", detail: `${detail}; ${advice(status, headers["location"])}` };
    default:
      return assertNever(deed);
  }
}

type Deed = "retryable" | "server_error" | "divide" | "held";

function deedOf(status: number): Deed {
  const listed = deeds.get(status);
  if (listed !== undefined) return listed;
  // What is not listed says nothing of the records: 507, 521 and their like pass, other 4xx and redirects want a person.
  return status >= 500 ? "retryable" : "held";
}

const deeds: ReadonlyMap<number, Deed> = new Map<number, Deed>([
  [400, "divide"],
  [413, "divide"],
  [422, "divide"],
  [408, "retryable"],
  [425, "retryable"],
  [429, "retryable"],
  // The load balancer's word for a client, or a backend, that went away.
  [460, "retryable"],
  [499, "retryable"],
  [500, "server_error"],
  [401, "held"],
  [402, "held"],
  [403, "held"],
  [404, "held"],
  [405, "held"],
  [407, "held"],
  [410, "held"],
  [415, "held"],
  [421, "held"],
]);

/** What a person can do about a held endpoint. */
function advice(status: number, location: string | undefined): string {
  switch (status) {
    case 401:
    case 403:
      return "check the credentials in the output's headers, and what they are allowed";
    case 404:
    case 405:
    case 410:
      return "check the path of the endpoint: a collector takes logs at /v1/logs, Loki at /otlp/v1/logs (/v1/logs is appended to `endpoint`)";
    case 415:
      return "check that the endpoint takes OTLP over HTTP with protobuf";
    case 260:
      return "Loki blocks ingestion for this tenant (limit block_ingestion_until)";
    default:
      return status >= 300 && status < 400
        ? `redirects are not followed: configure the endpoint that it points to${location === undefined ? "" : ` (${location})`}`
        : "check the endpoint and what stands before it";
  }
}

function outcomeOfSuccess(
  status: number,
  contentType: string,
  body: Uint8Array,
  records: number,
): SendOutcome {
  // A login page or a web interface also answers 200, and takes nothing.
  if (contentType.startsWith("text/html")) {
    return {
      kind: "held",
      detail: `HTTP ${status} with a web page; check the endpoint: it is no OTLP receiver, or a login stands before it`,
    };
  }
  const { rejectedLogRecords, errorMessage } = partialSuccessOf(contentType, body);
  // The number is the server's word: no sum of ours may become negative by it.
  const rejected = Math.max(0, Math.min(Number(rejectedLogRecords), records));
  return { kind: "delivered", rejected, message: cleanWords(errorMessage) };
}
