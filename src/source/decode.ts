import { isResourceVersion } from "../model/resource-version.ts";
import type { SourceItem } from "../model/source-item.ts";
import { eventFault, isJsonObject, isKubernetesEvent } from "./kubernetes-event-guard.ts";
import { lineBytesMax } from "./lines.ts";
import { removedResourceVersion } from "./removed-frame.ts";

export { isKubernetesEvent } from "./kubernetes-event-guard.ts";

/** One line of a watch: an item, or the API server's in-stream `Status`, after which it closes the stream. */
export type WatchLine =
  | SourceItem
  | {
      readonly kind: "error";
      /** HTTP code in the Status; 410: the position is compacted away. 0 where it gives none. */
      readonly code: number;
      readonly reason: string;
      readonly message: string;
    };

/** One page of an EventList, or why the answer is none. */
export type ListPage =
  | {
      readonly kind: "page";
      /** The state of the cluster that all pages of this list show. */
      readonly resourceVersion: string;
      /** "" on the last page. */
      readonly continueToken: string;
      readonly items: readonly SourceItem[];
    }
  | { readonly kind: "malformed"; readonly fault: string };

const excerptBytesMax = 1024;

/**
 * Decodes one line of a watch response, without its newline. Never throws: what is no frame of an Event is `malformed`.
 * A DELETED frame, half of a real stream, is not parsed (decision 2).
 */
export function decodeWatchLine(line: Uint8Array): WatchLine {
  if (line.length > lineBytesMax) return malformed(line, `the line is longer than ${lineBytesMax} bytes`);
  const removed = removedResourceVersion(line);
  if (removed !== undefined) return { kind: "removed", resourceVersion: removed };

  const frame = parseJson(line);
  if (frame === undefined) return malformed(line, "the line is not JSON");
  if (!isJsonObject(frame)) return malformed(line, "the line is no JSON object");
  const { type, object } = frame;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      if (!isKubernetesEvent(object)) return malformed(line, eventFault(object) ?? "the object is no Event");
      return { kind: "event", event: object, origin: type === "ADDED" ? "added" : "modified" };
    case "DELETED":
    case "BOOKMARK": {
      const resourceVersion = resourceVersionOf(object);
      if (resourceVersion === undefined) return malformed(line, `a ${type} frame without a resourceVersion`);
      return { kind: type === "DELETED" ? "removed" : "bookmark", resourceVersion };
    }
    case "ERROR":
      return statusOf(object);
    default:
      return malformed(line, "the frame has no known type");
  }
}

/** Decodes the body of a list response. Never throws; an item that is no Event is `malformed` and the others go on. */
export function decodeList(body: Uint8Array): ListPage {
  const list = parseJson(body);
  if (!isJsonObject(list)) return { kind: "malformed", fault: "The answer to the list is no JSON object" };
  const { metadata, items } = list;
  const resourceVersion = resourceVersionOf(list);
  if (resourceVersion === undefined || !isJsonObject(metadata)) {
    return { kind: "malformed", fault: "The answer to the list has no resourceVersion" };
  }
  // Go writes an empty list as [] or null.
  if (!Array.isArray(items) && items !== null && items !== undefined) {
    return { kind: "malformed", fault: "The answer to the list has no items" };
  }
  const continueToken = metadata["continue"];
  return {
    kind: "page",
    resourceVersion,
    continueToken: typeof continueToken === "string" ? continueToken : "",
    items: Array.isArray(items) ? items.map(listedItem) : [],
  };
}

function listedItem(object: unknown): SourceItem {
  if (isKubernetesEvent(object)) return { kind: "event", event: object, origin: "stored" };
  return malformed(Buffer.from(jsonOf(object)), eventFault(object) ?? "the item is no Event");
}

/** JSON.parse takes any depth, JSON.stringify overflows the stack below 5,000 levels. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}

function statusOf(object: unknown): WatchLine {
  const status = isJsonObject(object) ? object : {};
  const { code, reason, message } = status;
  return {
    kind: "error",
    code: typeof code === "number" ? code : 0,
    reason: typeof reason === "string" ? reason : "",
    message: typeof message === "string" ? message : "the API server ended the watch with an error",
  };
}

function resourceVersionOf(object: unknown): string | undefined {
  if (!isJsonObject(object) || !isJsonObject(object["metadata"])) return undefined;
  const { resourceVersion } = object["metadata"];
  return typeof resourceVersion === "string" && isResourceVersion(resourceVersion)
    ? resourceVersion
    : undefined;
}

function malformed(line: Uint8Array, fault: string): SourceItem {
  // A character cut at the end becomes U+FFFD, which a reader of the excerpt can bear.
  return {
    kind: "malformed",
    fault,
    bytes: line.length,
    excerpt: text(line.subarray(0, excerptBytesMax)),
  };
}

/** Undefined for what is not JSON; JSON itself has no undefined. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return undefined;
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
