import { isUtf8 } from "node:buffer";

import { decodeStatus } from "./response.ts";

/** Longer words of a server are cut: they end in a log line. In UTF-16 units. */
const wordsLengthMax = 1024;

/**
 * What a server says in the body of an error: the message of a `google.rpc.Status` in protobuf (Loki sends one whatever
 * was asked) or JSON, or plain text. One line of at most 1,024 characters; "" where it says nothing readable.
 */
export function serversWords(contentType: string, body: Uint8Array): string {
  if (body.length === 0) return "";
  if (contentType.startsWith("text/html")) return "a web page";
  if (!contentType.startsWith("text/") && !contentType.startsWith("application/json")) {
    const status = decodeStatus(body);
    if (status.kind === "decoded" && status.value.message !== "") return cleanWords(status.value.message);
    // Some servers name protobuf and then send text.
    if (!isUtf8(body)) return "";
  }
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  return cleanWords(text.trimStart().startsWith("{") ? messageOfJson(text) : text);
}

/** Makes words of another program fit for one line of a log or a terminal. */
export function cleanWords(text: string): string {
  // Control characters could forge lines or drive a terminal.
  // eslint-disable-next-line no-control-regex
  const line = text.replaceAll(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length <= wordsLengthMax ? line : `${line.slice(0, wordsLengthMax - 1).toWellFormed()}…`;
}

function messageOfJson(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof parsed !== "object" || parsed === null) return text;
  if ("message" in parsed && typeof parsed.message === "string") return parsed.message;
  return "error" in parsed && typeof parsed.error === "string" ? parsed.error : text;
}
