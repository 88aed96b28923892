/** What an OTLP/HTTP server reads and writes around the records themselves. */
import { gunzipSync } from "node:zlib";

import type { HttpRequest, HttpResponse } from "../net/http.ts";
import { encodeLogsResponse, encodeStatus } from "../otlp/response.ts";
import { bodyOf } from "./body.ts";

export const protobuf = "application/x-protobuf";

/** The body without its content-encoding, as long as it is no longer than that. */
export function decompressed(
  request: HttpRequest,
  body: Uint8Array,
  bytesMax: number,
): Uint8Array | "too_large" | "malformed" {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip") return "malformed";
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax });
  } catch (error) {
    return error instanceof RangeError ? "too_large" : "malformed";
  }
}

/** 200 or 204; 200 in any case where there is something to say. */
export function taken(
  status: 200 | 204,
  partial: { readonly rejected: number; readonly message: string },
): HttpResponse {
  const said = partial.rejected > 0 || partial.message !== "";
  if (status === 204 && !said) return { status, headers: {}, body: bodyOf([]) };
  const bytes = encodeLogsResponse({
    rejectedLogRecords: BigInt(partial.rejected),
    errorMessage: partial.message,
  });
  return { status: 200, headers: { "content-type": protobuf }, body: bodyOf([bytes]) };
}

/** An error as OTLP has it: a `google.rpc.Status`; 3 is INVALID_ARGUMENT, 8 RESOURCE_EXHAUSTED. */
export function refused(status: 400 | 413, message: string): HttpResponse {
  const bytes = encodeStatus({ code: status === 400 ? 3 : 8, message });
  return { status, headers: { "content-type": protobuf }, body: bodyOf([bytes]) };
}

export function plain(status: number, text: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain" }, body: bodyOf([Buffer.from(text)]) };
}
