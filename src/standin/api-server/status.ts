/**
 * The API server's way to say no: a `Status` object, as an HTTP body or in an ERROR frame of a watch.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go (StatusReason)
 */
export interface Status {
  readonly code: number;
  /** Absent where the server has only words. */
  readonly reason?: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** The list metadata's `continue`, which a 410 for an old token carries. */
  readonly continueToken?: string;
}

/** What the real server says with a code when nothing more special is known. */
export function statusOfCode(code: number, retryAfterSeconds?: number): Status {
  const [reason, message] = wordsOfCode.get(code) ?? ["InternalError", `Internal error occurred: ${code}`];
  return retryAfterSeconds === undefined
    ? { code, reason, message }
    : { code, reason, message, details: { retryAfterSeconds } };
}

export function statusJson(status: Status): string {
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: status.continueToken === undefined ? {} : { continue: status.continueToken },
    status: "Failure",
    message: status.message,
    reason: status.reason,
    details: status.details,
    code: status.code,
  });
}

/** The watch frame that carries it; the stream ends after it. */
export function errorFrame(status: Status): Buffer {
  return Buffer.from(`{"type":"ERROR","object":${statusJson(status)}}\n`);
}

export const unauthorized: Status = { code: 401, reason: "Unauthorized", message: "Unauthorized" };

/** A watch whose position etcd has compacted away (etcd3/watcher.go). */
export const watchExpired: Status = {
  code: 410,
  reason: "Expired",
  message: "The resourceVersion for the provided watch is too old.",
};

/** A list of an exact revision that is compacted away (etcd3/errors.go). */
export const listExpired: Status = {
  code: 410,
  reason: "Expired",
  message: "The resourceVersion for the provided list is too old.",
};

/** A list that waits for a revision which has not come (storage/errors.go, NewTooLargeResourceVersionError). */
export function tooLargeResourceVersion(wanted: string, current: number): Status {
  return {
    code: 504,
    reason: "Timeout",
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
  };
}

export function invalidResourceVersion(value: string): string {
  return `resourceVersion: Invalid value: "${value}": strconv.ParseUint: parsing "${value}": invalid syntax`;
}

export function badRequest(message: string): Status {
  return { code: 400, reason: "BadRequest", message };
}

const wordsOfCode: ReadonlyMap<number, readonly [reason: string, message: string]> = new Map([
  [400, ["BadRequest", "the server rejected our request for an unknown reason"]],
  [401, ["Unauthorized", "Unauthorized"]],
  [403, ["Forbidden", "forbidden"]],
  [404, ["NotFound", "the server could not find the requested resource"]],
  [405, ["MethodNotAllowed", "the server does not allow this method on the requested resource"]],
  [409, ["Conflict", "the server reported a conflict"]],
  [410, ["Expired", "The resourceVersion for the provided watch is too old."]],
  [422, ["Invalid", "the server rejected our request due to an error in our request"]],
  [429, ["TooManyRequests", "Too many requests, please try again later."]],
  [500, ["InternalError", "Internal error occurred: etcdserver: request timed out"]],
  [503, ["ServiceUnavailable", "apiserver is shutting down"]],
  [
    504,
    [
      "Timeout",
      "Timeout: request did not complete within the allotted timeout of 60s and its result may be unknown",
    ],
  ],
]);
