/** Writes Events as Kubernetes' own recorders do: each API group with its own fields and its own way to repeat. */
import { z } from "zod";

import type { KubeApi } from "./kube-api.ts";

export interface WrittenEvent {
  readonly namespace: string;
  readonly name: string;
  readonly note: string;
  readonly reason?: string;
  readonly type?: "Normal" | "Warning";
  /** Kind of the object it is about, in the Event's own namespace. */
  readonly kind?: string;
  readonly at?: Date;
}

/** What the API server made of a write, in its own words. */
export interface AcceptedWrite {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Through core/v1: `firstTimestamp`, `lastTimestamp` and `count` in whole seconds, as the kubelet writes. */
export async function writeCoreEvent(api: KubeApi, event: WrittenEvent): Promise<AcceptedWrite> {
  const at = secondsText(event.at ?? new Date());
  const answer = await api.post(`/api/v1/namespaces/${event.namespace}/events`, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: event.name, namespace: event.namespace },
    involvedObject: objectOf(event),
    reason: event.reason ?? "LabTest",
    message: event.note,
    type: event.type ?? "Normal",
    source: { component: "lab-core", host: "lab-host" },
    reportingComponent: "lab-core",
    reportingInstance: "lab-host",
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  });
  return acceptedOf(answer);
}

/** Once more: `count` is the new total. Again with the same `at`, it changes nothing and makes no new version. */
export async function repeatCoreEvent(
  api: KubeApi,
  event: WrittenEvent,
  count: number,
  at = new Date(),
): Promise<AcceptedWrite> {
  const path = `/api/v1/namespaces/${event.namespace}/events/${event.name}`;
  return acceptedOf(await api.patch(path, { count, lastTimestamp: secondsText(at) }));
}

/** Through events.k8s.io/v1: `eventTime` in microseconds and `action`, as the scheduler writes. */
export async function writeEvent(api: KubeApi, event: WrittenEvent): Promise<AcceptedWrite> {
  const answer = await api.post(`/apis/events.k8s.io/v1/namespaces/${event.namespace}/events`, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: event.name, namespace: event.namespace },
    regarding: objectOf(event),
    reason: event.reason ?? "LabTest",
    note: event.note,
    type: event.type ?? "Normal",
    action: "Testing",
    reportingController: "lab.tidings/writer",
    reportingInstance: "writer-1",
    eventTime: microsText(event.at ?? new Date()),
  });
  return acceptedOf(answer);
}

/** Once more, as a series: `count` is the new total. As for `at`, see `repeatCoreEvent`. */
export async function repeatEvent(
  api: KubeApi,
  event: WrittenEvent,
  count: number,
  at = new Date(),
): Promise<AcceptedWrite> {
  const path = `/apis/events.k8s.io/v1/namespaces/${event.namespace}/events/${event.name}`;
  return acceptedOf(await api.patch(path, { series: { count, lastObservedTime: microsText(at) } }));
}

/** The state of an Event as the API server holds it now. */
export async function findEvent(
  api: KubeApi,
  event: Pick<WrittenEvent, "namespace" | "name">,
): Promise<AcceptedWrite> {
  return acceptedOf(
    await api.get(`/apis/events.k8s.io/v1/namespaces/${event.namespace}/events/${event.name}`),
  );
}

/** Runs `work` for 0…count-1 with at most `parallel` at once; the first fault ends it. */
export async function inParallel(
  count: number,
  parallel: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, worker));
}

const answerSchema = z.object({ metadata: z.object({ uid: z.string(), resourceVersion: z.string() }) });

function acceptedOf(answer: unknown): AcceptedWrite {
  return answerSchema.parse(answer).metadata;
}

function objectOf(event: WrittenEvent): Readonly<Record<string, string>> {
  return {
    apiVersion: "v1",
    kind: event.kind ?? "Pod",
    name: `${event.name}-object`,
    namespace: event.namespace,
    uid: `uid-of-${event.name}`,
  };
}

/** A MicroTime: RFC 3339 with exactly six decimals. */
function microsText(at: Date): string {
  return at.toISOString().replace("Z", "000Z");
}

function secondsText(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
