/**
 * The Leases beside the Events: in the same etcd, so that each write takes one of its revisions, and a restore takes them
 * back as well.
 */
import type { RevisionLog } from "./revision-log.ts";

type Fields = Readonly<Record<string, unknown>>;

/** As it is stored; whatever else was written into it stays in it. */
export interface StoredLease {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** What is to be stored, beside what the store itself gives. */
export interface LeaseToStore {
  readonly metadata?: Fields & { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: StoredLease["spec"];
}

interface State {
  readonly revision: number;
  readonly key: string;
  /** undefined: deleted. */
  readonly lease: StoredLease | undefined;
}

/** States kept for a restore. One Lease that is renewed each two seconds fills them in hours. */
const statesMax = 10_000;

export class LeaseStore {
  readonly #log: RevisionLog;
  readonly #wallMs: () => number;
  readonly #newest = new Map<string, StoredLease>();
  /** In order of revision. */
  #states: State[] = [];
  /** Never goes back, as a real uid does not come twice. */
  #uids = 0;

  constructor(log: RevisionLog, wallMs: () => number) {
    this.#log = log;
    this.#wallMs = wallMs;
    log.listen({
      changed: () => {},
      compacting: (revision) => this.#forget(revision),
      restored: (revision) => this.#restore(revision),
    });
  }

  get(namespace: string, name: string): StoredLease | undefined {
    return this.#newest.get(keyOf(namespace, name));
  }

  /** All of them, in the order of their creation. */
  all(): readonly StoredLease[] {
    return [...this.#newest.values()];
  }

  /** Creates or replaces it. Which of the two the caller may do is for the caller to know. */
  put(namespace: string, name: string, { metadata, spec = {}, ...rest }: LeaseToStore): StoredLease {
    const before = this.get(namespace, name);
    const lease: StoredLease = {
      ...rest,
      metadata: {
        ...metadata,
        name,
        namespace,
        uid: before?.metadata.uid ?? this.#nextUid(),
        resourceVersion: String(this.#log.skip(1)),
        creationTimestamp: before?.metadata.creationTimestamp ?? this.#timestamp(),
      },
      spec,
    };
    this.#append(keyOf(namespace, name), lease);
    return lease;
  }

  delete(namespace: string, name: string): void {
    if (this.get(namespace, name) === undefined) return;
    this.#log.skip(1);
    this.#append(keyOf(namespace, name), undefined);
  }

  #append(key: string, lease: StoredLease | undefined): void {
    this.#states.push({ revision: this.#log.current, key, lease });
    this.#show(key, lease);
    if (this.#states.length > statesMax) this.#forget(this.#states[statesMax / 2]?.revision ?? 0);
  }

  #show(key: string, lease: StoredLease | undefined): void {
    if (lease === undefined) this.#newest.delete(key);
    else this.#newest.set(key, lease);
  }

  /** No restore goes back beyond this revision. */
  #forget(revision: number): void {
    const newestThen = new Map<string, State>();
    for (const state of this.#states) if (state.revision <= revision) newestThen.set(state.key, state);
    this.#states = this.#states.filter(
      (state) =>
        state.revision > revision || (state.lease !== undefined && newestThen.get(state.key) === state),
    );
  }

  #restore(revision: number): void {
    this.#states = this.#states.filter((state) => state.revision <= revision);
    this.#newest.clear();
    for (const { key, lease } of this.#states) this.#show(key, lease);
  }

  #nextUid(): string {
    this.#uids += 1;
    return `1ea5e000-0000-4000-8000-${this.#uids.toString(16).padStart(12, "0")}`;
  }

  #timestamp(): string {
    return new Date(this.#wallMs()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
