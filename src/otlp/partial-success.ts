import { decodeLogsResponse, type LogsResponse } from "./response.ts";

const fullSuccess: LogsResponse = { rejectedLogRecords: 0n, errorMessage: "" };

/**
 * The partial success in the body of a 2xx answer, in protobuf or JSON. A body that is neither (some backends answer
 * with words or with JSON of their own) is a full success: the status has said so.
 */
export function partialSuccessOf(contentType: string, body: Uint8Array): LogsResponse {
  if (contentType.startsWith("application/json")) return ofJson(body);
  if (!contentType.includes("protobuf")) return fullSuccess;
  const response = decodeLogsResponse(body);
  return response.kind === "decoded" ? response.value : fullSuccess;
}

function ofJson(body: Uint8Array): LogsResponse {
  let response: unknown;
  try {
    response = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return fullSuccess;
  }
  if (typeof response !== "object" || response === null || !("partialSuccess" in response))
    return fullSuccess;
  const partial = response.partialSuccess;
  if (typeof partial !== "object" || partial === null) return fullSuccess;
  const rejected = "rejectedLogRecords" in partial ? partial.rejectedLogRecords : 0;
  const message = "errorMessage" in partial ? partial.errorMessage : "";
  return {
    // An int64 is a string in protobuf's JSON, but a number is to be taken as well.
    rejectedLogRecords: /^\d{1,18}$/.test(String(rejected)) ? BigInt(String(rejected)) : 0n,
    errorMessage: typeof message === "string" ? message : "",
  };
}
