import type { KubernetesEvent } from "../model/kubernetes-event.ts";
import { isResourceVersion } from "../model/resource-version.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** True when every field that tidings reads has the type that `KubernetesEvent` gives it. */
export function isKubernetesEvent(value: unknown): value is KubernetesEvent {
  return eventFault(value) === undefined;
}

/**
 * What keeps `value` from being a KubernetesEvent, in words that name the field; undefined when nothing does. Go sends
 * null for a time that is zero, and leaves out what is empty; a wrong type comes only from something that is not an
 * API server.
 */
export function eventFault(value: unknown): string | undefined {
  if (!isJsonObject(value)) return "the object is no JSON object";
  const { kind, metadata } = value;
  if (kind !== undefined && kind !== "Event") return "the object's kind is not Event";
  if (!isJsonObject(metadata)) return "metadata is missing";
  return (
    metadataFault(metadata) ??
    stringFault(value, "", [
      "reportingController",
      "reportingInstance",
      "action",
      "reason",
      "note",
      "type",
    ]) ??
    timeFault(value, "", ["eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"]) ??
    seriesFault(value["series"]) ??
    referenceFault(value["regarding"], "regarding") ??
    (value["related"] === null ? undefined : referenceFault(value["related"], "related")) ??
    sourceFault(value["deprecatedSource"]) ??
    (value["deprecatedCount"] === undefined || Number.isSafeInteger(value["deprecatedCount"])
      ? undefined
      : "deprecatedCount is no integer")
  );
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function metadataFault(metadata: JsonObject): string | undefined {
  const { name, namespace, uid, resourceVersion, managedFields, annotations } = metadata;
  if (typeof name !== "string" || name === "") return "metadata.name is missing";
  if (typeof namespace !== "string" || namespace === "") return "metadata.namespace is missing";
  if (typeof uid !== "string" || uid === "") return "metadata.uid is missing";
  if (typeof resourceVersion !== "string" || !isResourceVersion(resourceVersion)) {
    return "metadata.resourceVersion is no decimal integer";
  }
  if (managedFields !== undefined) {
    if (!Array.isArray(managedFields)) return "metadata.managedFields is no list";
    for (const entry of managedFields) {
      if (!isJsonObject(entry)) return "metadata.managedFields holds something else than objects";
      const fault = timeFault(entry, "metadata.managedFields[].", ["time"]);
      if (fault !== undefined) return fault;
    }
  }
  if (annotations !== undefined) {
    if (!isJsonObject(annotations)) return "metadata.annotations is no object";
    for (const key in annotations) {
      if (typeof annotations[key] !== "string") return "metadata.annotations holds something else than text";
    }
  }
  return timeFault(metadata, "metadata.", ["creationTimestamp"]);
}

function seriesFault(series: unknown): string | undefined {
  if (series === undefined || series === null) return undefined;
  if (!isJsonObject(series)) return "series is no object";
  if (!Number.isSafeInteger(series["count"])) return "series.count is no integer";
  const { lastObservedTime } = series;
  // An Event made through core/v1 may have a series without a time, which Go sends as null.
  if (lastObservedTime === undefined || lastObservedTime === null) return undefined;
  return typeof lastObservedTime === "string" ? undefined : "series.lastObservedTime is no text";
}

const referenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

function referenceFault(reference: unknown, name: string): string | undefined {
  if (reference === undefined) return undefined;
  return isJsonObject(reference)
    ? stringFault(reference, `${name}.`, referenceFields)
    : `${name} is no object`;
}

function sourceFault(source: unknown): string | undefined {
  if (source === undefined) return undefined;
  return isJsonObject(source)
    ? stringFault(source, "deprecatedSource.", ["component", "host"])
    : "deprecatedSource is no object";
}

function stringFault(object: JsonObject, prefix: string, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = object[field];
    if (value !== undefined && typeof value !== "string") return `${prefix}${field} is no text`;
  }
  return undefined;
}

function timeFault(object: JsonObject, prefix: string, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = object[field];
    if (value !== undefined && value !== null && typeof value !== "string")
      return `${prefix}${field} is no text`;
  }
  return undefined;
}
