/**
 * A LIST of Events: a page of a snapshot with the token that continues it, as etcd3/store.go answers without a watch
 * cache.
 */
import { isResourceVersion } from "../../model/resource-version.ts";
import { listItemBytes } from "./event-line.ts";
import { CompactedError } from "./revision-log.ts";
import type { ListPage, RevisionLog } from "./revision-log.ts";
import { badRequest, invalidResourceVersion, listExpired, tooLargeResourceVersion } from "./status.ts";
import type { Status } from "./status.ts";

export type ListAnswer =
  | { readonly kind: "page"; readonly pieces: readonly Buffer[] }
  | { readonly kind: "refused"; readonly status: Status };

/** Where a page begins. Revision -1: at whatever is current, which the real server offers after a 410. */
interface ContinueToken {
  readonly rv: number;
  readonly start: string;
}

export function listAnswer(
  log: RevisionLog,
  namespace: string | undefined,
  query: URLSearchParams,
): ListAnswer {
  const token = query.get("continue") ?? "";
  const wanted = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const limit = Number(query.get("limit") ?? "0");
  if (!Number.isInteger(limit)) {
    return refused(badRequest(`strconv.ParseInt: parsing "${query.get("limit")}": invalid syntax`));
  }
  const selector = query.get("fieldSelector") ?? "";
  const name = /^metadata\.name=([^,=!]+)$/.exec(selector)?.[1];
  const isKnown = selector === "" || (name !== undefined && namespace !== undefined);
  if (!isKnown || query.has("labelSelector")) {
    return refused(badRequest("the stand-in knows no selector but metadata.name=… in a namespace"));
  }
  const fault = faultOf(wanted, match, token);
  if (fault !== undefined) return refused(fault);

  let revision = log.current;
  let start = "";
  if (token !== "") {
    const decoded = decodeToken(token);
    if (decoded === undefined)
      return refused(badRequest("invalid continue token: continue key is not valid"));
    start = decoded.start;
    if (decoded.rv >= 0) revision = decoded.rv;
  } else if (wanted !== "" && wanted !== "0") {
    if (Number(wanted) > log.current) return refused(tooLargeResourceVersion(wanted, log.current));
    if (match === "Exact") revision = Number(wanted);
  }

  try {
    if (name !== undefined)
      return { kind: "page", pieces: piecesOf(pageOfOne(log, revision, `${namespace}/${name}`)) };
    const page = log.list({ revision, namespace, start, ...(limit > 0 ? { limit } : {}) });
    return { kind: "page", pieces: piecesOf(page) };
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    return refused(token === "" ? listExpired : expiredToken(start));
  }
}

/** The Event of that key, if there is one: the real server reads no other then. */
function pageOfOne(log: RevisionLog, revision: number, key: string): ListPage {
  const { changes } = log.list({ revision, start: key, limit: 1 });
  return { revision, changes: changes.filter((change) => change.key === key), next: undefined, remaining: 0 };
}

/** The combinations that validation refuses (apimachinery, internalversion/validation.go). */
function faultOf(wanted: string, match: string, token: string): Status | undefined {
  if (wanted !== "" && !isResourceVersion(wanted)) {
    return badRequest(`invalid resource version: ${invalidResourceVersion(wanted)}`);
  }
  if (match === "") {
    return wanted !== "" && wanted !== "0" && token !== ""
      ? badRequest("specifying resource version is not allowed when using continue")
      : undefined;
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    return forbidden(`supported values: "Exact", "NotOlderThan", not "${match}"`);
  }
  if (token !== "") return forbidden("resourceVersionMatch is forbidden when continue is provided");
  if (wanted === "") return forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match === "Exact" && wanted === "0") {
    return forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  return undefined;
}

function forbidden(why: string): Status {
  return {
    code: 422,
    reason: "Invalid",
    message: `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${why}`,
    details: {
      group: "meta.k8s.io",
      kind: "ListOptions",
      causes: [
        { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field: "resourceVersionMatch" },
      ],
    },
  };
}

function piecesOf(page: ListPage): readonly Buffer[] {
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.next === undefined
      ? {}
      : {
          continue: encodeToken({ rv: page.revision, start: page.next }),
          remainingItemCount: page.remaining,
        }),
  };
  const pieces: Buffer[] = [
    Buffer.from(
      `{"kind":"EventList","apiVersion":"events.k8s.io/v1","metadata":${JSON.stringify(metadata)},"items":[`,
    ),
  ];
  for (const change of page.changes) {
    pieces.push(pieces.length === 1 ? openBrace : commaOpenBrace, listItemBytes(change.type, change.line));
  }
  pieces.push(end);
  return pieces;
}

const openBrace = Buffer.from("{");
const commaOpenBrace = Buffer.from(",{");
const end = Buffer.from("]}\n");

/** The form of storage/continue.go: base64 without padding of a small JSON object. */
function encodeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", ...token })).toString("base64url");
}

function decodeToken(text: string): ContinueToken | undefined {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof token !== "object" || token === null || !("rv" in token) || !("start" in token))
      return undefined;
    const { rv, start } = token;
    return typeof rv === "number" && typeof start === "string" ? { rv, start } : undefined;
  } catch {
    return undefined;
  }
}

function expiredToken(start: string): Status {
  return {
    code: 410,
    reason: "Expired",
    message:
      "The provided continue parameter is too old to display a consistent list result. You can start a new list " +
      "without the continue parameter, or use the continue token in this response to retrieve the remainder of the " +
      "results. Continuing with the provided token results in an inconsistent list - objects that were created, " +
      "modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    continueToken: encodeToken({ rv: -1, start }),
  };
}

function refused(status: Status): ListAnswer {
  return { kind: "refused", status };
}
