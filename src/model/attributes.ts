import type { Attribute, Stability } from "./attribute.ts";
import type { EventRecord } from "./event-record.ts";

/**
 * The one table of what stands on an Event's record. The encoder writes from it, `docs/telemetry.md` is generated from it,
 * rules and dashboards are checked against it. Names follow the Collector's `k8s_events` receiver and the stable part of
 * the OpenTelemetry semantic conventions; what is ours begins with `tidings.`.
 */
export type RecordAttribute = Attribute<EventRecord>;

export const recordAttributes: readonly RecordAttribute[] = [
  {
    name: "event.name",
    type: "string",
    example: "k8s.event",
    when: "always",
    meaning: "The record's EventName again, because Loki drops EventName",
    stability: "stable",
    read: (record) => record.eventName,
  },
  {
    name: "log.record.uid",
    type: "string",
    example: "0a2b…/81723",
    when: "always",
    meaning:
      "`<event uid>/<resourceVersion>`, and `/<epoch>` once the cluster went back in time: records with an equal one are the same record",
    stability: "stable",
    read: (record) => record.recordUid,
  },
  {
    name: "k8s.event.reason",
    type: "string",
    example: "BackOff",
    when: "the Event has a reason",
    meaning: "Why the Event was made, in the emitter's word",
    stability: "stable",
    read: (record) => record.reason,
  },
  {
    name: "k8s.event.type",
    type: "string",
    example: "Warning",
    when: "the Event has a type",
    meaning: "`Normal` or `Warning`, as the emitter set it",
    stability: "stable",
    read: (record) => record.severityText,
  },
  {
    name: "k8s.event.action",
    type: "string",
    example: "Binding",
    when: "the emitter uses the new events API",
    meaning: "What the emitter was doing",
    stability: "stable",
    read: (record) => record.action,
  },
  {
    name: "k8s.event.name",
    type: "string",
    example: "api-7d4b9c6f5-x2x9p.18a3c0ffee123456",
    when: "always",
    meaning: "The Event object's own name",
    stability: "stable",
    read: (record) => record.name,
  },
  {
    name: "k8s.event.uid",
    type: "string",
    example: "0a2b6c1e-…",
    when: "always",
    meaning: "The Event object's own uid",
    stability: "stable",
    read: (record) => record.uid,
  },
  {
    name: "k8s.event.count",
    type: "int",
    example: "17",
    when: "always",
    meaning: "The Event's cumulative count of occurrences at this record",
    stability: "stable",
    read: (record) => record.count,
  },
  {
    name: "k8s.event.start_time",
    type: "string",
    example: "2026-11-25T09:30:00.123456Z",
    when: "the first occurrence is known",
    meaning: "Time of the first occurrence, RFC 3339",
    stability: "stable",
    read: (record) => record.startTime,
  },
  {
    name: "k8s.event.reporting_controller",
    type: "string",
    example: "kubelet",
    when: "the emitter names itself",
    meaning: "The controller that made the Event",
    stability: "stable",
    read: (record) => record.reportingController,
  },
  {
    name: "k8s.event.reporting_instance",
    type: "string",
    example: "node-3",
    when: "the emitter names its instance",
    meaning: "The instance of the controller, often its host",
    stability: "stable",
    read: (record) => record.reportingInstance,
  },
  {
    name: "k8s.object.kind",
    type: "string",
    example: "Pod",
    when: "the Event names its object",
    meaning: "Kind of the object that the Event is about",
    stability: "stable",
    read: (record) => record.objectKind,
  },
  {
    name: "k8s.object.name",
    type: "string",
    example: "api-7d4b9c6f5-x2x9p",
    when: "the Event names its object",
    meaning: "Name of that object",
    stability: "stable",
    read: (record) => record.objectName,
  },
  {
    name: "k8s.object.uid",
    type: "string",
    example: "5f0e…",
    when: "the emitter knows it",
    meaning: "Uid of that object; for Nodes often their name (kubernetes#29289)",
    stability: "stable",
    read: (record) => record.objectUid,
  },
  {
    name: "k8s.object.api_version",
    type: "string",
    example: "v1",
    when: "the emitter knows it",
    meaning: "API version of that object",
    stability: "stable",
    read: (record) => record.objectApiVersion,
  },
  {
    name: "k8s.object.resource_version",
    type: "string",
    example: "81700",
    when: "the emitter knows it",
    meaning: "State of that object which the emitter saw",
    stability: "stable",
    read: (record) => record.objectResourceVersion,
  },
  {
    name: "k8s.object.fieldpath",
    type: "string",
    example: "spec.containers{app}",
    when: "the Event is about a part of its object",
    meaning: "That part",
    stability: "stable",
    read: (record) => record.objectFieldPath,
  },
  {
    name: "k8s.container.name",
    type: "string",
    example: "app",
    when: "the fieldpath names a container",
    meaning: "The container",
    stability: "stable",
    read: (record) => record.containerName,
  },
  {
    name: "k8s.node.name",
    type: "string",
    example: "node-3",
    when: "the Event is about a Node or a kubelet made it",
    meaning: "The node",
    stability: "stable",
    read: (record) => record.nodeName,
  },
  {
    name: "k8s.node.uid",
    type: "string",
    example: "91cc…",
    when: "the Event is about a Node and gives its uid, not its name in the uid's place",
    meaning: "The node's uid",
    stability: "stable",
    // The node's name is the object's only for a Node of the core API: Longhorn has a kind Node of its own.
    read: (record) =>
      record.objectKind === "Node" &&
      record.nodeName === record.objectName &&
      record.objectUid !== record.objectName
        ? record.objectUid
        : "",
  },
  {
    name: "tidings.occurrences",
    type: "int",
    example: "3",
    when: "always",
    meaning:
      "Occurrences since the record before this one of the same Event; they add up to the Event's count",
    stability: "stable",
    read: (record) => record.occurrences,
  },
  {
    name: "tidings.occurrences.estimated",
    type: "boolean",
    example: "true",
    when: "the count before this record was not known",
    meaning: "`tidings.occurrences` is the least it can be",
    stability: "stable",
    read: (record) => record.occurrencesEstimated,
  },
  {
    name: "tidings.time.source",
    type: "string",
    example: "write_time_clamped",
    when: "the Timestamp is the API server's write time",
    meaning:
      "`write_time`: the emitter gave no time; `write_time_clamped`: it gave one more than 5 minutes in the future",
    stability: "stable",
    read: (record) =>
      record.timeSource === "write_time" || record.timeSource === "write_time_clamped"
        ? record.timeSource
        : "",
  },
  {
    name: "tidings.body.cut_bytes",
    type: "int",
    example: "1200",
    when: "the message was longer than `processor.messageBytesMax`",
    meaning: "How many bytes of it are missing",
    stability: "stable",
    read: (record) => (record.bodyCutBytes > 0 ? record.bodyCutBytes : undefined),
  },
  {
    name: "tidings.redactions",
    type: "int",
    example: "1",
    when: "a secret was found in the message",
    meaning: "How many were replaced",
    stability: "stable",
    read: (record) => (record.redactions > 0 ? record.redactions : undefined),
  },
  {
    name: "tidings.related.kind",
    type: "string",
    example: "Pod",
    when: "the Event names a second object",
    meaning: "Kind of the Event's `related` object",
    stability: "development",
    read: (record) => record.relatedKind,
  },
  {
    name: "tidings.related.namespace",
    type: "string",
    example: "payments",
    when: "the Event names a second object",
    meaning: "Namespace of that object",
    stability: "development",
    read: (record) => record.relatedNamespace,
  },
  {
    name: "tidings.related.name",
    type: "string",
    example: "api-7d4b9c6f5-x2x9p",
    when: "the Event names a second object",
    meaning: "Name of that object",
    stability: "development",
    read: (record) => record.relatedName,
  },
  {
    name: "tidings.related.uid",
    type: "string",
    example: "77ab…",
    when: "the Event names a second object",
    meaning: "Uid of that object",
    stability: "development",
    read: (record) => record.relatedUid,
  },
];

/** Names the object once more in its own attributes, such as `k8s.pod.name`. `group` is the API group of the kind. */
export interface KindAttributes {
  readonly kind: string;
  readonly group: string;
  readonly nameAttribute: string;
  readonly uidAttribute: string;
}

/**
 * Kinds with attributes of their own in the semantic conventions (v1.44.0, `model/k8s/registry.yaml`). Not Namespace,
 * whose name would stand beside the Resource's `k8s.namespace.name`, and not Node, which has its own rows above.
 */
export const kindAttributes: readonly KindAttributes[] = [
  kind("Pod", "", "pod"),
  kind("ReplicaSet", "apps", "replicaset"),
  kind("Deployment", "apps", "deployment"),
  kind("StatefulSet", "apps", "statefulset"),
  kind("DaemonSet", "apps", "daemonset"),
  kind("Job", "batch", "job"),
  kind("CronJob", "batch", "cronjob"),
  kind("HorizontalPodAutoscaler", "autoscaling", "hpa"),
  kind("ReplicationController", "", "replicationcontroller"),
  kind("Service", "", "service"),
  kind("PersistentVolume", "", "persistentvolume"),
  kind("PersistentVolumeClaim", "", "persistentvolumeclaim"),
  kind("ResourceQuota", "", "resourcequota"),
];

const byKind = new Map(kindAttributes.map((entry) => [entry.kind, entry]));

/**
 * The attributes of the record's kind, or undefined. A custom resource that borrows a kind's name (Knative's `Service`)
 * has none; an Event without an apiVersion is taken by its kind alone.
 */
export function kindAttributesOf(objectKind: string, apiVersion: string): KindAttributes | undefined {
  const entry = byKind.get(objectKind);
  if (entry === undefined || apiVersion === "") return entry;
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return group === entry.group ? entry : undefined;
}

function kind(name: string, group: string, word: string): KindAttributes {
  return { kind: name, group, nameAttribute: `k8s.${word}.name`, uidAttribute: `k8s.${word}.uid` };
}

/** What tells one Resource from another. Loki makes a stream of each. */
export interface ResourceIdentity {
  readonly serviceName: string;
  readonly clusterName: string;
  readonly clusterUid: string;
  readonly namespace: string;
}

export interface ResourceAttribute {
  readonly name: string;
  readonly example: string;
  readonly when: string;
  readonly meaning: string;
  readonly stability: Stability;
  readonly read: (resource: ResourceIdentity) => string;
}

export const resourceAttributes: readonly ResourceAttribute[] = [
  {
    name: "service.name",
    example: "kubernetes-events",
    when: "always",
    meaning: "`otlp.serviceName` of the configuration",
    stability: "stable",
    read: (resource) => resource.serviceName,
  },
  {
    name: "k8s.cluster.name",
    example: "production-eu",
    when: "`cluster.name` is configured",
    meaning: "The cluster's name, as its operators call it",
    stability: "stable",
    read: (resource) => resource.clusterName,
  },
  {
    name: "k8s.cluster.uid",
    example: "c5a1…",
    when: "the cluster tells it, by one of the two",
    meaning: "Uid of the namespace kube-system where readable, else a hash of the cluster's CA",
    stability: "stable",
    read: (resource) => resource.clusterUid,
  },
  {
    name: "k8s.namespace.name",
    example: "payments",
    when: "the object has a namespace",
    meaning: "Namespace of the object that the Event is about",
    stability: "stable",
    read: (resource) => resource.namespace,
  },
];

/** The instrumentation scope of every record. Its version is the mapping's, not the program's (decision 7). */
export const scope = { name: "tidings", version: "1" } as const;
