import type { KubernetesEvent, ObjectMeta } from "../../../src/model/kubernetes-event.ts";

/** An Event as a kubelet makes it: the old recorder, seen through events.k8s.io/v1. */
export function kubeletEvent(
  overrides: Partial<KubernetesEvent> = {},
  metadata: Partial<ObjectMeta> = {},
): KubernetesEvent {
  return {
    metadata: {
      // 2026-11-25T09:30:00.123456789Z
      name: "api-x2x9p.18eb3fc6f167bd15",
      namespace: "payments",
      uid: "0a2b6c1e-0000-4000-8000-000000000001",
      resourceVersion: "81723",
      creationTimestamp: "2026-11-25T09:30:00Z",
      managedFields: [{ time: "2026-11-25T09:30:00Z" }],
      ...metadata,
    },
    eventTime: null,
    reportingController: "kubelet",
    reportingInstance: "node-3",
    reason: "BackOff",
    regarding: {
      kind: "Pod",
      namespace: "payments",
      name: "api-x2x9p",
      uid: "5f0e0000-0000-4000-8000-000000000002",
      apiVersion: "v1",
      resourceVersion: "81700",
      fieldPath: "spec.containers{app}",
    },
    note: "Back-off restarting failed container app in pod api-x2x9p",
    type: "Warning",
    deprecatedSource: { component: "kubelet", host: "node-3" },
    deprecatedFirstTimestamp: "2026-11-25T09:30:00Z",
    deprecatedLastTimestamp: "2026-11-25T09:30:00Z",
    deprecatedCount: 1,
    ...overrides,
  };
}

/** An Event as the scheduler makes it: the new recorder. */
export function schedulerEvent(
  overrides: Partial<KubernetesEvent> = {},
  metadata: Partial<ObjectMeta> = {},
): KubernetesEvent {
  return {
    metadata: {
      name: "api-x2x9p.18eb3fc6f167bd15",
      namespace: "payments",
      uid: "0a2b6c1e-0000-4000-8000-000000000003",
      resourceVersion: "81724",
      creationTimestamp: "2026-11-25T09:30:00Z",
      ...metadata,
    },
    eventTime: "2026-11-25T09:30:00.123456Z",
    reportingController: "default-scheduler",
    reportingInstance: "default-scheduler-control-plane-1",
    action: "Scheduling",
    reason: "FailedScheduling",
    regarding: {
      kind: "Pod",
      namespace: "payments",
      name: "api-x2x9p",
      uid: "5f0e0000-0000-4000-8000-000000000002",
      apiVersion: "v1",
      resourceVersion: "81700",
    },
    note: "0/3 nodes are available: 3 Insufficient cpu.",
    type: "Warning",
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
    ...overrides,
  };
}
