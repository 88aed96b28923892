/**
 * A Kubernetes Event as `events.k8s.io/v1` sends it: only the fields that tidings reads. Both recorders' forms come in
 * this shape: the old one (core/v1: `deprecated*` filled, `eventTime: null`) and the new one (`eventTime`, `series`).
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export interface KubernetesEvent {
  readonly metadata: ObjectMeta;
  readonly eventTime?: string | null;
  readonly series?: EventSeries | null;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly regarding?: ObjectReference;
  readonly related?: ObjectReference | null;
  readonly note?: string;
  readonly type?: string;
  readonly deprecatedSource?: { readonly component?: string; readonly host?: string };
  readonly deprecatedFirstTimestamp?: string | null;
  readonly deprecatedLastTimestamp?: string | null;
  readonly deprecatedCount?: number;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp?: string | null;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly { readonly time?: string | null }[];
}

export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime?: string | null;
}

export interface ObjectReference {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly apiVersion?: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}
