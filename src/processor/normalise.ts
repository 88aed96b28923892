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

  draft.severityText = event.type ?? "";
  draft.reason = event.reason ?? "";
  draft.action = event.action ?? "";
  draft.body = event.note ?? "";
  // Older recorders fill only the deprecated source.
  draft.reportingController = event.reportingController || (deprecatedSource?.component ?? "");
  draft.reportingInstance = event.reportingInstance || (deprecatedSource?.host ?? "");
  // Only one of the two is set by the recorders; where an emitter sets both, each counts the same thing.
  draft.count = Math.max(1, deprecatedCount ?? 1, series?.count ?? 1);

  if (regarding !== undefined) {
    // The API server sees to it that only a cluster-scoped object has none (validation/events.go).
    draft.namespace = regarding.namespace ?? "";
    draft.objectKind = regarding.kind ?? "";
    draft.objectName = regarding.name ?? "";
    draft.objectUid = regarding.uid ?? "";
    draft.objectApiVersion = regarding.apiVersion ?? "";
    draft.objectResourceVersion = regarding.resourceVersion ?? "";
    draft.objectFieldPath = regarding.fieldPath ?? "";
    draft.containerName = containerOf(draft.objectFieldPath);
  }
  if (related !== undefined && related !== null) {
    draft.relatedKind = related.kind ?? "";
    draft.relatedNamespace = related.namespace ?? "";
    draft.relatedName = related.name ?? "";
    draft.relatedUid = related.uid ?? "";
  }
  draft.nodeName = nodeOf(draft, deprecatedSource?.host ?? "");
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
