import type { KubernetesEvent } from "../model/kubernetes-event.ts";
import type { EventDraft } from "./event-draft.ts";

/**
 * Both recorders' forms of an Event into one draft: names, object, emitter, note. Times, occurrences and severity are
 * stages of their own.
 */
export function normalise(event: KubernetesEvent, draft: EventDraft): void {
  const { metadata, regarding, related, deprecatedSource, deprecatedCount, series } = event;
  draft.name = metadata.name;
  draft.uid = metadata.uid;
  draft.resourceVersion = metadata.resourceVersion;
  draft.recordUid = `${metadata.uid}/${metadata.resourceVersion}`;

  draft.severityText = short(event.type);
  draft.reason = short(event.reason);
  draft.action = short(event.action);
  draft.body = event.note ?? "";
  // Older recorders fill only the deprecated source.
  draft.reportingController = short(event.reportingController || deprecatedSource?.component);
  draft.reportingInstance = short(event.reportingInstance || deprecatedSource?.host);
  // Only one of the two is set by the recorders; where an emitter sets both, each counts the same thing.
  draft.count = Math.max(1, deprecatedCount ?? 1, series?.count ?? 1);

  if (regarding !== undefined) {
    // The API server sees to it that only a cluster-scoped object has none (validation/events.go).
    draft.namespace = regarding.namespace ?? "";
    draft.objectKind = short(regarding.kind);
    draft.objectName = short(regarding.name);
    draft.objectUid = short(regarding.uid);
    draft.objectApiVersion = short(regarding.apiVersion);
    draft.objectResourceVersion = short(regarding.resourceVersion);
    draft.objectFieldPath = short(regarding.fieldPath);
    draft.containerName = containerOf(draft.objectFieldPath);
  }
  if (related !== undefined && related !== null) {
    draft.relatedKind = short(related.kind);
    draft.relatedNamespace = short(related.namespace);
    draft.relatedName = short(related.name);
    draft.relatedUid = short(related.uid);
  }
  draft.nodeName = nodeOf(draft, short(deprecatedSource?.host));
}

/** Characters of a field; what the recorders of the events API may write lies below (validation/events.go). */
const fieldLengthMax = 1024;

/** "" for none. Old-style Events are not limited by the API server, and a backend refuses a record for one long field. */
function short(text: string | undefined): string {
  if (text === undefined) return "";
  return text.length <= fieldLengthMax ? text : `${text.slice(0, fieldLengthMax - 1)}…`;
}

/** The name in `spec.containers{name}`, also of init and ephemeral containers; "" for every other path. */
function containerOf(fieldPath: string): string {
  const open = fieldPath.indexOf("{");
  if (open < 0 || !fieldPath.endsWith("}")) return "";
  switch (fieldPath.slice(0, open)) {
    case "spec.containers":
    case "spec.initContainers":
    case "spec.ephemeralContainers":
      return fieldPath.slice(open + 1, -1);
    default:
      return "";
  }
}

/**
 * The node, only where that is certain: the object itself is one (by name: its uid is often the name again,
 * kubernetes#29289), or a kubelet speaks, whose host it is. Other emitters' hosts are the nodes that they run on, not
 * the ones that the Event is about; and Longhorn, for one, has a kind Node of its own.
 */
function nodeOf(draft: EventDraft, sourceHost: string): string {
  if (draft.objectKind === "Node" && !draft.objectApiVersion.includes("/")) return draft.objectName;
  return draft.reportingController === "kubelet" ? sourceHost || draft.reportingInstance : "";
}
