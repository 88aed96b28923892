import { LRUCache } from "lru-cache";

import type { EventOrigin } from "../model/source-item.ts";
import type { EventDraft } from "./event-draft.ts";

export interface OccurrencesOptions {
  /** Events whose count is remembered, at most; about 0.3 kB each, 30 MB for 100,000. */
  readonly baselinesMax: number;
  /**
   * Since when, in ms since the epoch, every Event was seen from its first occurrence: -Infinity where everything stored
   * was listed at the start, the time of the start where only what follows it is read.
   */
  readonly baselineHorizonMs: number;
}

interface Baseline {
  count: number;
  firstOccurrenceSeconds: number;
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
 * forgotten for lack of room raises the horizon, so forgetting never makes a count that is too high.
 */
export class Occurrences {
  readonly #baselines: LRUCache<string, Baseline>;
  #horizonSeconds: number;
  #forgotten = 0;

  constructor(options: OccurrencesOptions) {
    this.#baselines = new LRUCache({ max: options.baselinesMax });
    this.#horizonSeconds = options.baselineHorizonMs / 1000;
  }

  get remembered(): number {
    return this.#baselines.size;
  }

  /** Events forgotten for lack of room. */
  get forgotten(): number {
    return this.#forgotten;
  }

  tell(draft: EventDraft, origin: EventOrigin): void {
    const { count, firstOccurrenceSeconds } = draft;
    // The uid tells the object from a namesake created later; of an object without one, the namespace must do.
    const key = `${draft.name}/${draft.objectUid || draft.namespace}`;
    const baseline = this.#baselines.get(key);
    if (baseline !== undefined) {
      // A smaller count is a new Event under an old name.
      draft.occurrences = count >= baseline.count ? count - baseline.count : count;
      baseline.count = count;
      return;
    }

    // The first listing shows each Event once, however many there are: unknown there means new, not forgotten.
    const complete = origin === "stored" || firstOccurrenceSeconds > this.#horizonSeconds;
    draft.occurrences = complete ? count : 1;
    draft.occurrencesEstimated = !complete && count > 1;
    if (this.#baselines.size === this.#baselines.max) this.#forget();
    this.#baselines.set(key, { count, firstOccurrenceSeconds });
  }

  #forget(): void {
    const oldest = this.#baselines.pop();
    if (oldest === undefined) return;
    this.#forgotten += 1;
    this.#horizonSeconds = Math.max(this.#horizonSeconds, oldest.firstOccurrenceSeconds);
  }
}
