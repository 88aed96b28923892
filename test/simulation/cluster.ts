import { RevisionLog } from "../../src/standin/api-server/revision-log.ts";
import { startWallMs } from "./machine.ts";

/** One state of one Event, as the API server once held it. `ordinal` tells it from every other, in any history. */
export interface State {
  readonly ordinal: number;
  readonly uid: string;
  /** `<namespace>/<name>`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** As it stands on the object. */
  readonly count: number;
  /** Occurrences since the world began, of this key: what the sum over all records has to come to. */
  readonly total: number;
  /** How often its emitter had begun to count anew. */
  readonly beginnings: number;
  readonly createdMs: number;
  readonly writtenMs: number;
}

/** A state in one history of the cluster: from its revision until it is replaced or deleted. */
export interface Stretch {
  readonly state: State;
  /** Infinity while it stands. */
  until: number;
}

/** One history of the cluster. A restore begins another, which shares its past with the one before. */
export interface History {
  readonly number: number;
  /** Revision up to which it is the one before it. */
  readonly forkedAt: number;
  /** By ordinal, in the order of their revisions. */
  readonly stretches: Map<number, Stretch>;
}

/** What an emitter remembers of an Event, whatever becomes of the object: client-go's recorders go on counting. */
interface Memory {
  readonly firstMs: number;
  readonly objectUid: string;
  readonly count: number;
  readonly total: number;
  readonly beginnings: number;
}

/**
 * What the cluster's emitters, its time to live and its administrators do to the stored Events, and the book of it that
 * the checks go by.
 */
export class Cluster {
  readonly log = new RevisionLog({ firstRevision: 300, slabBytes: 64 * 1024 });
  readonly eventTtlMs: number;
  /** Told of each new state. */
  onState: (state: State) => void = () => {};
  /** Keys that were deleted by hand: an emitter that goes on counting them tells nobody when it began. */
  readonly removedByHand = new Set<string>();
  /** Ordinals of the states that stood when the time to live of their Event was over. */
  readonly expired = new Set<number>();
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #histories: History[] = [{ number: 0, forkedAt: 0, stretches: new Map() }];
  readonly #memories = new Map<string, Memory>();
  readonly #held = new Map<string, State>();
  #made = 0;
  #ordinals = 0;
  #uids = 0;

  constructor(eventTtlMs: number, nowMs: () => number, random: () => number) {
    this.eventTtlMs = eventTtlMs;
    this.#nowMs = nowMs;
    this.#random = random;
  }

  get history(): History {
    const history = this.#histories.at(-1);
    if (history === undefined) throw new Error("There is always a history");
    return history;
  }

  /** The revision up to which two histories are the same. */
  sharedUpTo(a: History, b: History): number {
    const [older, newer] = a.number < b.number ? [a, b] : [b, a];
    return this.#histories
      .slice(older.number + 1, newer.number + 1)
      .reduce((least, { forkedAt }) => Math.min(least, forkedAt), Number.POSITIVE_INFINITY);
  }

  /** What stands now. */
  standing(): readonly State[] {
    return [...this.history.stretches.values()]
      .filter(({ until }) => until === Number.POSITIVE_INFINITY)
      .map(({ state }) => state);
  }

  /** The newest revision of an Event. */
  newest(): number {
    let newest = 0;
    for (const { state, until } of this.history.stretches.values()) {
      newest = Math.max(newest, state.revision, until === Number.POSITIVE_INFINITY ? 0 : until);
    }
    return newest;
  }

  putNew(namespace: number): void {
    this.#made += 1;
    this.put(namespace, `new-${this.#made}`, 1, false);
  }

  /** `anew`: the emitter has forgotten the Event and begins at 0, under the same name. */
  put(namespaceNumber: number, name: string, occurrences: number, anew: boolean): void {
    const namespace = `ns-${namespaceNumber}`;
    const key = `${namespace}/${name}`;
    const nowMs = this.#nowMs();
    const known = this.#memories.get(key);
    const held = this.#held.get(key);
    const before = anew ? undefined : known;
    // Nobody creates an Event but for an occurrence.
    const happened = held === undefined || anew ? Math.max(1, occurrences) : occurrences;
    const count = (before?.count ?? 0) + happened;
    const memory: Memory = {
      firstMs: before?.firstMs ?? nowMs,
      objectUid: known?.objectUid ?? `object-of-${key}`,
      count,
      total: (known?.total ?? 0) + happened,
      beginnings: (known?.beginnings ?? 0) + (anew ? 1 : 0),
    };
    this.#memories.set(key, memory);

    this.#uids += held === undefined ? 1 : 0;
    const uid = held?.uid ?? `uid-${this.#uids}`;
    const createdMs = held?.createdMs ?? nowMs;
    this.#ordinals += 1;
    const ordinal = this.#ordinals;
    // Emitters' clocks are a little off; nothing may go by them but the record's own time.
    const lastMs = nowMs + (this.#random() - 0.7) * 20_000;
    const revision = this.log.put({
      metadata: {
        namespace,
        name,
        uid,
        creationTimestamp: timeOf(createdMs),
        managedFields: [{ manager: "emitter", operation: "Update", apiVersion: "v1", time: timeOf(nowMs) }],
      },
      regarding: { kind: "Pod", namespace, name, uid: memory.objectUid },
      reason: "Simulated",
      // With a full stop: what follows it in a record's bytes may look like a digit.
      note: `state ${ordinal}.`,
      type: "Normal",
      deprecatedCount: count,
      deprecatedFirstTimestamp: timeOf(memory.firstMs),
      deprecatedLastTimestamp: timeOf(lastMs),
    });
    if (held !== undefined) this.#ends(held, revision);
    const state: State = {
      ordinal,
      uid,
      key,
      namespace,
      name,
      revision,
      count,
      total: memory.total,
      beginnings: memory.beginnings,
      createdMs,
      writtenMs: nowMs,
    };
    this.history.stretches.set(ordinal, { state, until: Number.POSITIVE_INFINITY });
    this.#held.set(key, state);
    this.onState(state);
  }

  /** Events whose time to live is over, the oldest first: all of them in one revision, as etcd ends a shared lease. */
  expire(countMax: number): void {
    const overMs = this.#nowMs() - this.eventTtlMs;
    const over = [...this.#held.values()]
      .filter(({ writtenMs }) => writtenMs <= overMs)
      .toSorted((a, b) => a.revision - b.revision)
      .slice(0, countMax);
    for (const { ordinal } of over) this.expired.add(ordinal);
    this.#delete(over);
  }

  /** `kubectl delete events`: one revision each. */
  removeByHand(count: number): void {
    const newest = [...this.#held.values()].toSorted((a, b) => b.revision - a.revision).slice(0, count);
    for (const event of newest) {
      this.removedByHand.add(event.key);
      this.#delete([event]);
    }
  }

  /** Everything that only revisions before `current - keep` need is forgotten. */
  compact(keep: number): void {
    const revision = this.log.current - keep;
    if (revision > this.log.compacted) this.log.compact(revision);
  }

  /** Everything after `current - back` never happened. `bump`: and revisions go on so far beyond, all compacted. */
  restore(back: number, bump: number): void {
    const newest = this.log.current;
    const revision = Math.max(this.log.compacted, newest - back);
    const before = this.history;
    this.log.restore(revision);
    const stretches = new Map<number, Stretch>();
    for (const [ordinal, { state, until }] of before.stretches) {
      if (state.revision > revision) continue;
      stretches.set(ordinal, { state, until: until > revision ? Number.POSITIVE_INFINITY : until });
    }
    this.#histories.push({ number: before.number + 1, forkedAt: revision, stretches });
    this.#held.clear();
    for (const state of this.standing()) this.#held.set(state.key, state);
    if (bump > 0) {
      this.log.skip(newest - revision + bump);
      this.log.compact(this.log.current);
    }
  }

  #delete(events: readonly State[]): void {
    const revision = this.log.deleteMany(events);
    if (revision === undefined) return;
    for (const event of events) {
      this.#held.delete(event.key);
      this.#ends(event, revision);
    }
  }

  #ends({ ordinal }: State, revision: number): void {
    const stretch = this.history.stretches.get(ordinal);
    if (stretch !== undefined) stretch.until = revision;
  }
}

/** The last state of a key at a revision or before it, standing then or not. */
export function lastOf(history: History, key: string, revision: number): State | undefined {
  let last: State | undefined;
  for (const { state } of history.stretches.values()) {
    if (state.key !== key || state.revision > revision) continue;
    if (last === undefined || state.revision > last.revision) last = state;
  }
  return last;
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
function timeOf(ms: number): string {
  return new Date(startWallMs + ms).toISOString().replace(/\.\d+Z$/, "Z");
}
