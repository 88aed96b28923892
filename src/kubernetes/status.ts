import { isObject } from "../shared/is-object.ts";

/**
 * The API server's way to say no.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go (Status)
 */
export interface Status {
  readonly code: number;
  /** `Expired`, `Forbidden`; "" where the body is no Status, as from a proxy in between. */
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

/** A message is for a log line. */
const messageCharactersMax = 1024;

/** Reads the body of an answer other than 2xx; text that is no Status becomes the message. */
export function parseStatus(code: number, body: Uint8Array): Status {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString().trim();
  const value = parsed(text);
  if (value === undefined || value["kind"] !== "Status") {
    const words = cut(text.replace(/\s+/g, " "));
    return { code, reason: "", message: words === "" ? `HTTP ${code}` : words, retryAfterSeconds: undefined };
  }
  const details = isObject(value["details"]) ? value["details"] : {};
  const seconds = details["retryAfterSeconds"];
  return {
    code,
    reason: textOf(value["reason"]),
    message: cut(textOf(value["message"])) || `HTTP ${code}`,
    retryAfterSeconds: typeof seconds === "number" && seconds > 0 ? seconds : undefined,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function cut(text: string): string {
  return text.length <= messageCharactersMax ? text : `${text.slice(0, messageCharactersMax)}…`;
}
