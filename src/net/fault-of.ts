/** Whatever Node.js reports of sockets, TLS, HTTP/1.1 and HTTP/2, made into `NetworkError` once, at the edge. */
import { NetworkError } from "./network-error.ts";
import type { NetworkFault } from "./network-error.ts";
import { wordsOfTlsFault } from "./tls-words.ts";

/** `doing` is the first half of the sentence: `Cannot connect to https://10.0.0.1:443`. */
export function networkErrorOf(error: unknown, doing: string): NetworkError {
  if (error instanceof NetworkError) return error;
  const first = firstOf(error);
  const code = codeOf(first);
  const text = first instanceof Error ? first.message : String(first);

  const tls = wordsOfTlsFault(code, first);
  if (tls !== undefined) return new NetworkError("tls", `${doing}: ${tls}`, { cause: error });

  const [fault, words] = known.get(code) ?? guessed(code);
  const detail = code === "" || text.includes(code) ? text : `${text}, ${code}`;
  return new NetworkError(fault, `${doing}: ${words} (${detail})`, { cause: error });
}

/** A host with several addresses fails with an AggregateError without a message; a clear no tells more than a silence. */
function firstOf(error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error;
  const errors: readonly unknown[] = error.errors;
  return errors.find((one) => codeOf(one) !== "ETIMEDOUT") ?? errors[0] ?? error;
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

const known: ReadonlyMap<string, readonly [NetworkFault, string]> = new Map([
  ["ENOTFOUND", ["unresolved", "its name has no address"]],
  ["EAI_AGAIN", ["unresolved", "the name service does not answer"]],
  ["ENODATA", ["unresolved", "its name has no address"]],
  ["ECONNREFUSED", ["refused", "nobody listens there"]],
  ["EHOSTUNREACH", ["unreachable", "no way to that host"]],
  ["ENETUNREACH", ["unreachable", "no way to that network"]],
  ["EHOSTDOWN", ["unreachable", "the host is down"]],
  ["ENETDOWN", ["unreachable", "the network is down"]],
  ["EADDRNOTAVAIL", ["unreachable", "no local address is free"]],
  ["EMFILE", ["unreachable", "too many files are open"]],
  ["ETIMEDOUT", ["silent", "nothing comes back any more"]],
  ["ECONNRESET", ["reset", "the peer broke the connection"]],
  ["ECONNABORTED", ["reset", "the connection broke"]],
  ["EPIPE", ["reset", "the peer closed the connection"]],
  ["ERR_STREAM_PREMATURE_CLOSE", ["reset", "the peer closed the connection"]],
  ["ERR_HTTP2_SESSION_ERROR", ["goaway", "the peer ended the connection"]],
  ["ERR_HTTP2_GOAWAY_SESSION", ["goaway", "the peer takes no more requests on this connection"]],
  ["ERR_HTTP2_INVALID_SESSION", ["goaway", "the connection was closed"]],
  ["ERR_HTTP2_ERROR", ["protocol", "a broken HTTP/2 frame"]],
]);

function guessed(code: string): readonly [NetworkFault, string] {
  if (code.startsWith("HPE_")) return ["protocol", "the answer is no HTTP"];
  if (code.startsWith("ERR_HTTP2_")) return ["protocol", "a fault of HTTP/2"];
  if (code.startsWith("EAI_")) return ["unresolved", "its name cannot be looked up"];
  return ["reset", "the connection failed"];
}
