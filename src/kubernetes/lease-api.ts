/**
 * One Lease at a time, through `coordination.k8s.io/v1`. A Lease is not ours alone: people label it, tools annotate it,
 * and a newer API server may give it fields that we do not know. So what is read is kept whole, and written back whole.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
 */
import { NetworkError } from "../net/network-error.ts";
import { isObject } from "../shared/is-object.ts";
import type { ApiAnswer, ApiClient, ApiFailure, WholeAnswerOptions } from "./api-client.ts";

/**
 * Every field may be absent. The times are MicroTime (`micro-time.ts`), by the clock of whoever wrote them.
 * https://github.com/kubernetes/api/blob/master/coordination/v1/types.go (LeaseSpec)
 */
export interface LeaseSpec {
  /** Absent or "": nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface NewLease {
  readonly metadata: LeaseName & { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: LeaseSpec;
}

/** As it was read, with more fields than are named here: change it by spreading it, and they stay. */
export interface Lease extends NewLease {
  readonly metadata: NewLease["metadata"] & { readonly resourceVersion: string };
}

export type LeaseAnswer = { readonly kind: "ok"; readonly lease: Lease } | ApiFailure;

export interface LeaseApi {
  get(lease: LeaseName, options: WholeAnswerOptions, signal: AbortSignal): Promise<LeaseAnswer>;
  /**
   * Replaces the Lease that was read, and gives it as it is now. Code 409: somebody else wrote it in between. A Lease
   * may be created by a PUT; it is the uid, carried with the rest, that makes one deleted in between a refusal instead.
   * https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/coordination/lease/strategy.go
   * https://github.com/kubernetes/apiserver/blob/master/pkg/registry/rest/update.go (Preconditions)
   */
  update(lease: Lease, options: WholeAnswerOptions, signal: AbortSignal): Promise<LeaseAnswer>;
  /** Of a Lease that was read, only the named fields are taken. Code 409: there is one already. */
  create(lease: NewLease, options: WholeAnswerOptions, signal: AbortSignal): Promise<LeaseAnswer>;
}

const type = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" } as const;

export function createLeaseApi(client: ApiClient): LeaseApi {
  return {
    async get(lease, options, signal) {
      const path = leasePath(lease);
      return leaseOf(await client.get(path, options, signal), path);
    },

    async update(lease, options, signal) {
      const path = leasePath(lease.metadata);
      return leaseOf(await client.write({ method: "PUT", path, body: lease }, options, signal), path);
    },

    async create({ metadata, spec }, options, signal) {
      const { namespace, name, annotations } = metadata;
      const path = collectionPath(namespace);
      // The API server refuses a resourceVersion on what is to be new.
      const body = { ...type, metadata: { namespace, name, annotations }, spec };
      return leaseOf(await client.write({ method: "POST", path, body }, options, signal), path);
    },
  };
}

function leasePath({ namespace, name }: LeaseName): string {
  return `${collectionPath(namespace)}/${encodeURIComponent(name)}`;
}

function collectionPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

/** A 2xx that holds no Lease is from something in between, as a proxy's page is. */
function leaseOf(answer: ApiAnswer<Uint8Array>, path: string): LeaseAnswer {
  if (answer.kind !== "ok") return answer;
  const lease = parseLease(answer.body);
  if (lease !== undefined) return { kind: "ok", lease };
  return { kind: "network", error: new NetworkError("protocol", `The answer to ${path} is not a Lease`) };
}

function parseLease(body: Uint8Array): Lease | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
  } catch {
    return undefined;
  }
  if (!isObject(value) || value["apiVersion"] !== type.apiVersion || value["kind"] !== type.kind) {
    return undefined;
  }
  const { metadata, spec = {} } = value;
  return isMetadata(metadata) && isSpec(spec) ? { ...value, metadata, spec } : undefined;
}

function isMetadata(value: unknown): value is Lease["metadata"] {
  if (!isObject(value)) return false;
  const { annotations = {} } = value;
  return (
    isText(value["namespace"]) &&
    isText(value["name"]) &&
    isText(value["resourceVersion"]) &&
    isObject(annotations) &&
    Object.values(annotations).every((one) => typeof one === "string")
  );
}

function isSpec(value: unknown): value is LeaseSpec {
  return (
    isObject(value) &&
    ["holderIdentity", "acquireTime", "renewTime"].every((name) => isAbsentOr("string", value[name])) &&
    ["leaseDurationSeconds", "leaseTransitions"].every((name) => isAbsentOr("number", value[name]))
  );
}

function isAbsentOr(kind: "string" | "number", value: unknown): boolean {
  return value === undefined || typeof value === kind;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
