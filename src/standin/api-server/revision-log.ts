/**
 * The Events as etcd keeps them: one counter of revisions, every change in order, every state of every key until
 * compaction frees it. Pure: no time and no I/O; who wants a TTL calls `deleteMany`.
 *
 * - A put is one revision. A deletion of many (the end of a shared lease) is one revision for all of them.
 * - History: changes after a revision, in order, while `revision + 1 >= compacted`.
 * - Snapshots: the keys as they stood at any revision from `compacted` to `current`, in key order.
 * - `restore` takes the store back to an earlier revision, as `etcdutl snapshot restore` does: revisions are then
 *   given out a second time.
 *
 * https://etcd.io/docs/v3.6/learning/data_model/
 */
import { LineStore } from "./event-line.ts";
import type { ChangeType, EventLine, EventToStore } from "./event-line.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** One change of one Event, and the state that it left. */
export interface Change {
  readonly type: ChangeType;
  readonly key: string;
  readonly revision: number;
  readonly line: EventLine;
  /** The state before, while compaction has not freed it. */
  previous: Change | undefined;
}

export interface RevisionLogOptions {
  /** The revision before the first change. etcd has used some hundred when Kubernetes is up. Default 0. */
  readonly firstRevision?: number;
  /** Changes kept; the oldest tenth is compacted away beyond. Default 2,000,000. */
  readonly changesMax?: number;
  /** Stored Events; a put beyond throws, as etcd refuses beyond its quota. Default 2,000,000. */
  readonly eventsMax?: number;
  /** Size of the buffers that lines are written to. Default 1 MiB. */
  readonly slabBytes?: number;
}

export interface ListOptions {
  /** Default: the current one. */
  readonly revision?: number;
  /** Only this namespace. */
  readonly namespace?: string | undefined;
  /** The first key, inclusive; "" for the beginning. */
  readonly start?: string;
  /** Default: all. */
  readonly limit?: number;
}

export interface ListPage {
  readonly revision: number;
  readonly changes: readonly Change[];
  /** The key that the next page starts with; undefined on the last one. */
  readonly next: string | undefined;
  /** About how many Events follow (keys deleted lately may be counted); 0 on the last page. */
  readonly remaining: number;
}

export interface RevisionLogListener {
  /** Something new is there. */
  changed(): void;
  /** History up to and including `revision` is about to go. */
  compacting(revision: number): void;
  /** Everything after `revision` is gone, as if it had never happened. */
  restored?(revision: number): void;
}

/** The revision asked for lies before the compaction. */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
}

export class RevisionLog {
  readonly #lines: LineStore;
  readonly #changesMax: number;
  readonly #eventsMax: number;
  readonly #newest = new Map<string, Change>();
  readonly #keys = new SortedKeys();
  readonly #listeners = new Set<RevisionLogListener>();
  /** In order of revision; those of one revision in the order given. */
  #changes: Change[] = [];
  #current: number;
  #compacted = 0;
  #stored = 0;
  /** Uids given out. Never goes back, not even by `restore`: a real uid does not come twice either. */
  #uids = 0;

  constructor(options: RevisionLogOptions = {}) {
    this.#lines = new LineStore(options.slabBytes ?? 1024 * 1024);
    this.#changesMax = options.changesMax ?? 2_000_000;
    this.#eventsMax = options.eventsMax ?? 2_000_000;
    this.#current = options.firstRevision ?? 0;
  }

  /** The newest revision. */
  get current(): number {
    return this.#current;
  }

  /** The oldest revision that can still be listed. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Events stored now. */
  get stored(): number {
    return this.#stored;
  }

  /** Changes that a watch could still ask for. */
  get historyLength(): number {
    return this.#changes.length;
  }

  /**
   * Creates the Event or replaces the stored one of the same namespace and name; returns the new revision, which is its
   * resourceVersion. Without a uid it keeps the stored one's, or gets a new one.
   */
  put(event: EventToStore): number {
    const key = keyOf(event.metadata.namespace, event.metadata.name);
    const newest = this.#newest.get(key);
    const exists = newest !== undefined && newest.type !== "DELETED";
    if (!exists && this.#stored >= this.#eventsMax) {
      throw new RangeError(`More than ${this.#eventsMax} Events; raise eventsMax or delete some`);
    }
    const revision = this.#current + 1;
    const type = exists ? "MODIFIED" : "ADDED";
    const uid = event.metadata.uid ?? (exists ? uidIn(newest.line) : this.#nextUid());
    const line = this.#lines.write(type, event, uid, revision);
    this.#current = revision;
    this.#append({ type, key, revision, line, previous: newest });
    if (!exists) this.#stored += 1;
    this.#announce();
    return revision;
  }

  /** Deletes one Event; returns the revision of the deletion, or undefined where there is none. */
  delete(namespace: string, name: string): number | undefined {
    return this.deleteMany([{ namespace, name }]);
  }

  /** Deletes all of these in one revision, as etcd does when a lease ends. Undefined where none of them is stored. */
  deleteMany(events: Iterable<{ readonly namespace: string; readonly name: string }>): number | undefined {
    const revision = this.#current + 1;
    for (const { namespace, name } of events) {
      const key = keyOf(namespace, name);
      const newest = this.#newest.get(key);
      if (newest === undefined || newest.type === "DELETED") continue;
      this.#current = revision;
      const line = this.#lines.writeDeleted(newest.type, newest.line, revision);
      this.#append({ type: "DELETED", key, revision, line, previous: newest });
      this.#stored -= 1;
    }
    if (this.#current !== revision) return undefined;
    this.#announce();
    return revision;
  }

  /** Uses revisions up as the other objects of a cluster do (Leases, Pods), without an Event. */
  skip(revisions: number): number {
    this.#current += revisions;
    return this.#current;
  }

  /**
   * Frees what only revisions before `revision` need. Later lists below it and watches that would need a change before it
   * fail with `CompactedError`. A revision that is already compacted or not yet reached is an error of the caller.
   */
  compact(revision: number): void {
    if (revision < this.#compacted || revision > this.#current) {
      throw new RangeError(
        `Cannot compact at ${revision}: compacted ${this.#compacted}, current ${this.#current}`,
      );
    }
    for (const listener of this.#listeners) listener.compacting(revision);
    this.#compacted = revision;
    const gone = this.#indexAfter(revision - 1);
    for (let index = 0; index < this.#changes.length; index += 1) {
      const change = this.#changes[index];
      if (change === undefined || change.revision > revision) break;
      // What this change replaced is not visible at `revision` any more.
      change.previous = undefined;
      if (change.type === "DELETED" && this.#newest.get(change.key) === change) {
        this.#newest.delete(change.key);
        this.#keys.delete(change.key);
      }
    }
    this.#changes = this.#changes.slice(gone);
  }

  /**
   * Takes the store back to `revision`, which must not be compacted: later changes never happened, and the next put has
   * the revision after it. Open watches learn nothing of it, as from a real server (which restarts with its etcd: break
   * them to be faithful).
   */
  restore(revision: number): void {
    if (revision < this.#compacted || revision > this.#current) {
      throw new RangeError(
        `Cannot restore ${revision}: compacted ${this.#compacted}, current ${this.#current}`,
      );
    }
    for (let change = this.#changes.at(-1); change !== undefined; change = this.#changes.at(-1)) {
      if (change.revision <= revision) break;
      this.#changes.pop();
      if (change.type === "ADDED") this.#stored -= 1;
      if (change.type === "DELETED") this.#stored += 1;
      if (change.previous === undefined) {
        this.#newest.delete(change.key);
        this.#keys.delete(change.key);
      } else {
        this.#newest.set(change.key, change.previous);
      }
    }
    this.#current = revision;
    for (const listener of this.#listeners) listener.restored?.(revision);
  }

  /** The Events as they stood at a revision, in key order. Throws `CompactedError`. The future is the caller's to check. */
  list(options: ListOptions = {}): ListPage {
    const revision = options.revision ?? this.#current;
    if (revision < this.#compacted) throw new CompactedError(`Revision ${revision} is compacted`);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const prefix = options.namespace === undefined ? "" : `${options.namespace}/`;
    const start = options.start !== undefined && options.start > prefix ? options.start : prefix;
    const changes: Change[] = [];
    for (const key of this.#keys.from(start)) {
      if (!key.startsWith(prefix)) break;
      const change = this.#at(key, revision);
      if (change === undefined) continue;
      if (changes.length >= limit) {
        const end = prefix === "" ? this.#keys.size : this.#keys.rank(endOf(prefix));
        return { revision, changes, next: key, remaining: end - this.#keys.rank(key) };
      }
      changes.push(change);
    }
    return { revision, changes, next: undefined, remaining: 0 };
  }

  /**
   * The changes after `revision`, oldest first, as watch lines: whole revisions until `bytesMax` is reached (the first
   * one in any case). Lines that lie behind one another come as one view. Throws `CompactedError`.
   */
  linesAfter(
    revision: number,
    bytesMax: number,
    namespace?: string,
  ): { readonly views: readonly Buffer[]; readonly revision: number } {
    if (revision + 1 < this.#compacted) throw new CompactedError(`Revision ${revision} is compacted`);
    const prefix = namespace === undefined ? "" : `${namespace}/`;
    const views = new RunOfLines();
    let last = revision;
    for (let index = this.#indexAfter(revision); index < this.#changes.length; index += 1) {
      const change = this.#changes[index];
      if (change === undefined) break;
      if (change.revision !== last && views.bytes >= bytesMax) break;
      last = change.revision;
      if (change.key.startsWith(prefix)) views.add(change.line);
    }
    return { views: views.end(), revision: last };
  }

  /** Tells `listener` of changes until the returned function is called. */
  listen(listener: RevisionLogListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #append(change: Change): void {
    if (!this.#newest.has(change.key)) this.#keys.add(change.key);
    this.#newest.set(change.key, change);
    this.#changes.push(change);
    if (this.#changes.length <= this.#changesMax) return;
    const oldestTenth = this.#changes[Math.floor(this.#changesMax / 10)];
    if (oldestTenth !== undefined && oldestTenth.revision > this.#compacted)
      this.compact(oldestTenth.revision);
  }

  #announce(): void {
    for (const listener of this.#listeners) listener.changed();
  }

  #nextUid(): string {
    this.#uids += 1;
    return uidOf(this.#uids);
  }

  /** The state of a key at a revision; undefined where it did not exist. */
  #at(key: string, revision: number): Change | undefined {
    let change = this.#newest.get(key);
    while (change !== undefined && change.revision > revision) change = change.previous;
    return change === undefined || change.type === "DELETED" ? undefined : change;
  }

  /** The place of the first change after a revision. */
  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Joins lines that lie behind one another in one slab. */
class RunOfLines {
  readonly #views: Buffer[] = [];
  #run: { readonly slab: Buffer; readonly start: number; end: number } | undefined;
  bytes = 0;

  add(line: EventLine): void {
    this.bytes += line.end - line.start;
    if (this.#run?.slab === line.slab && this.#run.end === line.start) {
      this.#run.end = line.end;
      return;
    }
    this.end();
    this.#run = { slab: line.slab, start: line.start, end: line.end };
  }

  end(): readonly Buffer[] {
    if (this.#run !== undefined) this.#views.push(this.#run.slab.subarray(this.#run.start, this.#run.end));
    this.#run = undefined;
    return this.#views;
  }
}

/** etcd's key is `/events/<namespace>/<name>` under the cluster's prefix; the constant part is left out here. */
function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** The first key after all keys of a prefix that ends in `/`. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

/** Like a random uid in form, but the same in every run. */
function uidOf(ordinal: number): string {
  const digits = ordinal.toString(16).padStart(32, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`;
}

function uidIn(line: EventLine): string {
  const head = line.slab.toString("utf8", line.start, line.versionStart);
  return /"uid":"([^"]*)","resourceVersion":"$/.exec(head)?.[1] ?? "";
}
