/** Responses of the API server made of bytes that are there already. */
import type { HttpResponse } from "../../net/http.ts";
import { bodyOf } from "../body.ts";
import { statusJson } from "./status.ts";
import type { Status } from "./status.ts";

export const jsonHeaders = {
  "content-type": "application/json",
  "cache-control": "no-cache, private",
} as const;

export function statusResponse(status: Status, retryAfterSeconds?: number): HttpResponse {
  const headers =
    retryAfterSeconds === undefined
      ? jsonHeaders
      : { ...jsonHeaders, "retry-after": String(retryAfterSeconds) };
  return plainResponse(status.code, headers, [Buffer.from(`${statusJson(status)}\n`)]);
}

export function jsonResponse(status: number, json: string): HttpResponse {
  return plainResponse(status, jsonHeaders, [Buffer.from(json)]);
}

export function plainResponse(
  status: number,
  headers: Readonly<Record<string, string>>,
  pieces: Iterable<Buffer>,
): HttpResponse {
  return { status, headers, body: bodyOf(pieces) };
}
