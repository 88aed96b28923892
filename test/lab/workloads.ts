/** What goes wrong in real clusters, made on purpose: each object gives the Events named beside it. */
import { busyboxImage } from "./container-image.ts";
import type { KubeObject } from "./kube-api.ts";

export interface Workload {
  readonly objects: readonly KubeObject[];
  /** Reasons that must be seen among the Events. */
  readonly reasons: readonly string[];
}

/** Roll-out, scheduling and quota: what the controllers say; no kubelet needed. */
export function controllerWorkload(namespace: string, nodeSelector: Record<string, string>): Workload {
  const tolerations = [{ key: "kwok.x-k8s.io/node", operator: "Exists" }];
  return {
    objects: [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: `${namespace}-quota` } },
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "none", namespace: `${namespace}-quota` },
        spec: { hard: { pods: "0" } },
      },
      deployment(namespace, "web", 2, { nodeSelector, tolerations, containers: [container(sleeping)] }),
      deployment(`${namespace}-quota`, "refused", 1, { containers: [container(sleeping)] }),
      pod(namespace, "unschedulable", { nodeSelector: { no: "such" }, containers: [container(sleeping)] }),
    ],
    reasons: ["ScalingReplicaSet", "SuccessfulCreate", "Scheduled", "FailedScheduling", "FailedCreate"],
  };
}

/** Pods that fail in different ways on a real node. */
export function kubeletWorkload(namespace: string): Workload {
  return {
    objects: [
      pod(namespace, "crash", { containers: [container(["sh", "-c", "echo dying; exit 3"])] }),
      pod(namespace, "unhealthy", {
        containers: [
          {
            ...container(sleeping),
            livenessProbe: { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 3 },
            readinessProbe: { httpGet: { path: "/", port: 9_999 }, periodSeconds: 1 },
          },
        ],
      }),
      pod(namespace, "no-mount", {
        containers: [{ ...container(sleeping), volumeMounts: [{ name: "v", mountPath: "/v" }] }],
        volumes: [{ name: "v", configMap: { name: "does-not-exist" } }],
      }),
      // A closed port of this machine: the pull fails at once, without any network.
      pod(namespace, "no-pull", { containers: [{ ...container(sleeping), image: "127.0.0.1:9/nope:1" }] }),
      pod(namespace, "never-pull", {
        containers: [{ ...container(sleeping), image: "lab.local/absent:1", imagePullPolicy: "Never" }],
      }),
      pod(namespace, "bad-command", { containers: [container(["/no/such"])] }),
      pod(namespace, "no-secret", {
        containers: [
          {
            ...container(sleeping),
            env: [{ name: "X", valueFrom: { secretKeyRef: { name: "does-not-exist", key: "k" } } }],
          },
        ],
      }),
      pod(namespace, "bad-hook", {
        containers: [{ ...container(sleeping), lifecycle: { postStart: { exec: { command: ["false"] } } } }],
      }),
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "failing", namespace },
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: "Never", containers: [container(["false"])] } },
        },
      },
    ],
    reasons: [
      "Pulled",
      "Created",
      "Started",
      "BackOff",
      "Unhealthy",
      "Killing",
      "FailedMount",
      "Failed",
      "ErrImageNeverPull",
      "FailedPostStartHook",
      "BackoffLimitExceeded",
    ],
  };
}

const sleeping = ["sleep", "1000"];

function container(command: readonly string[]): Readonly<Record<string, unknown>> {
  return { name: "app", image: busyboxImage, imagePullPolicy: "IfNotPresent", command };
}

function pod(namespace: string, name: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  const full = { terminationGracePeriodSeconds: 1, ...spec };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec: full };
}

function deployment(
  namespace: string,
  name: string,
  replicas: number,
  podSpec: Readonly<Record<string, unknown>>,
): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, ...podSpec } },
    },
  };
}
