import type { EventOrigin } from "../model/source-item.ts";
import { CountTable, PairHash, type Hash } from "./count-table.ts";
import type { EventDraft } from "./event-draft.ts";

export interface OccurrencesOptions {
  /**
   * Events whose count is remembered, at most; the half of them that were seen last is remembered for certain. About
   * 40 bytes each.
   */
  readonly baselinesMax: number;
  /**
   * Since when, in ms since the epoch, every Event was seen from its first occurrence: -Infinity where everything stored
   * was listed at the start, the time of the start where only what follows it is read.
   */
  readonly baselineHorizonMs: number;
}

/** Events that were seen at about the same time, and are forgotten together. */
interface Generation {
  /** By Event. */
  readonly counts: CountTable;
  /** Of all Events that ever were in it. */
  newestFirstOccurrenceSeconds: number;
}

/**
 * From cumulative counts to occurrences: what happened since the last record of the same Event.
 *
 * An Event is known by its name and its object, not by its own uid: one that expired between two occurrences is created
 * anew, same name, new uid, and goes on counting (client-go tools/record, tools/events). Counts jump, because recorders
 * write only some of them: by the occurrences that a spam filter held back, or 30 minutes of a series.
 *
 * On first sight of a count n all n occurrences are new when the first of them lies after the horizon: had it been seen
 * before, it would be remembered. Otherwise at least one is new, and the record says that it is an estimate. What is
 * forgotten for lack of room raises the horizon, and so does taking over from another leader, as far as what that one
 * knew is not at hand: neither ever makes a count that is too high.
 *
 * Two generations instead of an order of use: an Event moves to the younger one when it is seen, and when that is full
 * the older one is forgotten. Nearly every Event is seen once, and would live in an LRU list or a Map of texts just long
 * enough to be expensive for the garbage collector when it is dropped.
 */
export class Occurrences {
  readonly #generationMax: number;
  readonly #hash = new PairHash();
  #younger: Generation;
  #older: Generation;
  #horizonSeconds: number;
  #forgotten = 0;

  constructor(options: OccurrencesOptions) {
    this.#generationMax = Math.max(1, Math.floor(options.baselinesMax / 2));
    this.#younger = emptyGeneration(this.#generationMax);
    this.#older = emptyGeneration(1);
    this.#horizonSeconds = options.baselineHorizonMs / 1000;
  }

  get remembered(): number {
    return this.#younger.counts.size + this.#older.counts.size;
  }

  /** Events forgotten for lack of room. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** What is not known and began at `horizonMs` or before may have been counted by a leader before us. Never lowers it. */
  raiseHorizon(horizonMs: number): void {
    this.#horizonSeconds = Math.max(this.#horizonSeconds, horizonMs / 1000);
  }

  /** What is remembered is older than what a leader before us may have counted last. */
  forget(): void {
    this.#younger = emptyGeneration(this.#generationMax);
    this.#older = emptyGeneration(1);
  }

  tell(draft: EventDraft, origin: EventOrigin): void {
    const { count, firstOccurrenceSeconds, createdSeconds } = draft;
    // The uid tells the object from a namesake created later; of an object without one, the namespace must do.
    const key = this.#hash.of(draft.name, draft.objectUid || draft.namespace);
    const before = this.#take(key);
    if (before === 0) {
      // An emitter's clock may be ahead; but what the API server had stored by then may have been seen.
      const beganSeconds = Math.min(firstOccurrenceSeconds, createdSeconds);
      // The first listing shows each Event once, however many there are: unknown there means new, not forgotten.
      const complete = origin === "stored" || beganSeconds > this.#horizonSeconds;
      // The watch brought the one occurrence of an Event before it brought another change of it, unless that is a new first.
      const isTold = origin === "modified" && count === 1 && firstOccurrenceSeconds <= this.#horizonSeconds;
      const leastNew = isTold ? 0 : 1;
      draft.occurrences = complete ? count : leastNew;
      // What a list brings may be what another has counted already, to the last one.
      const isListed = origin === "restored" || origin === "recovered";
      draft.occurrencesEstimated = !complete && (count > 1 || isListed);
    } else if (count > before) {
      draft.occurrences = count - before;
    } else {
      // Created again under its old name it begins anew, unless it goes on counting; a smaller count tells the same. But
      // the smaller count of a cluster that went back in time is the past.
      const beginsAnew = origin === "added" || (count < before && origin !== "restored");
      draft.occurrences = beginsAnew ? count : 0;
    }
    this.#remember(key, count, firstOccurrenceSeconds);
  }

  /** The count of an Event, which is then in the younger generation or nowhere; 0 for one that is not known. */
  #take(key: Hash): number {
    return this.#younger.counts.get(key) || this.#older.counts.take(key);
  }

  #remember(key: Hash, count: number, firstOccurrenceSeconds: number): void {
    if (this.#younger.counts.full && this.#younger.counts.get(key) === 0) {
      const { counts, newestFirstOccurrenceSeconds } = this.#older;
      if (counts.size > 0) {
        this.#forgotten += counts.size;
        this.#horizonSeconds = Math.max(this.#horizonSeconds, newestFirstOccurrenceSeconds);
      }
      this.#older = this.#younger;
      this.#younger = emptyGeneration(this.#generationMax);
    }
    this.#younger.counts.set(key, count);
    if (firstOccurrenceSeconds > this.#younger.newestFirstOccurrenceSeconds) {
      this.#younger.newestFirstOccurrenceSeconds = firstOccurrenceSeconds;
    }
  }
}

function emptyGeneration(entriesMax: number): Generation {
  return { counts: new CountTable(entriesMax), newestFirstOccurrenceSeconds: 0 };
}
