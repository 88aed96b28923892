/**
 * What was written, in the API server's own answers: the independent account that Loki is held against. Nothing of it
 * comes from tidings.
 */
export interface Write {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** What the Event says by then of how often it happened. */
  readonly count: number;
  /** Wall clock in ms when the answer had come. */
  readonly atMs: number;
}

export class WriteLedger {
  readonly #writes = new Map<string, Write>();
  readonly #uncertain = new Set<string>();
  readonly #erased = new Set<string>();

  /** In the order of the answers. */
  get writes(): readonly Write[] {
    return [...this.#writes.values()];
  }

  get size(): number {
    return this.#writes.size;
  }

  /** Names of Events with a write that was never answered: it is stored or it is not. */
  get uncertain(): ReadonlySet<string> {
    return this.#uncertain;
  }

  /** A repeated try that changed nothing is answered with the state that is there already: one write. */
  accepted(write: Write): void {
    const key = keyOf(write);
    if (!this.#writes.has(key)) this.#writes.set(key, write);
  }

  begun(name: string): void {
    this.#uncertain.add(name);
  }

  answered(name: string): void {
    this.#uncertain.delete(name);
  }

  /** A restored etcd no longer has what was written after `revision`, but for what it `holds`. */
  erase(revision: bigint, holds: (write: Write) => boolean): void {
    for (const [key, write] of this.#writes) {
      if (BigInt(write.resourceVersion) > revision && !holds(write)) this.#erased.add(key);
    }
  }

  isErased(write: Write): boolean {
    return this.#erased.has(keyOf(write));
  }
}

/** A state of an Event, as `log.record.uid` begins. */
export function keyOf({ uid, resourceVersion }: Pick<Write, "uid" | "resourceVersion">): string {
  return `${uid}/${resourceVersion}`;
}
