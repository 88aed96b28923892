import type { EventRecord } from "../../../src/model/event-record.ts";
import type { EventOrigin } from "../../../src/model/source-item.ts";
import { lastOf, type Cluster, type State } from "../cluster.ts";
import type { Records } from "./records.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

export interface OccurrencesOptions {
  /** All baselines fit: nothing has to be forgotten. */
  readonly remembersAll: boolean;
  /** No wall clock is set, so that a checkpoint's time is the true one. */
  readonly clocksAreTrue: boolean;
  readonly startFrom: "stored" | "now";
}

/**
 * Occurrences go on through any number of terms:
 *
 * - "occurrences are what happened since": since the state of the Event that the same process knew before, be it from the
 *   warm-up; and of an Event that it did not know, since what the checkpoint covers, unless the record says that it is an
 *   estimate, which is 1
 * - "occurrences add up": without a gap, a restore or an estimate, the occurrences of an Event's distinct records come to
 *   its count
 *
 * Weird but allowed: a count begun anew that cannot be told from one that goes on, because it is no smaller; an Event that
 * was deleted by hand within its time to live and goes on counting after a takeover; a checkpoint whose time is that of a
 * clock which was set; two terms of which one compared with a list where the other watched, within the duplicate window.
 */
export class OccurrencesCheck {
  readonly #verdict: Verdict;
  readonly #cluster: Cluster;
  readonly #options: OccurrencesOptions;

  constructor(verdict: Verdict, cluster: Cluster, options: OccurrencesOptions) {
    this.#verdict = verdict;
    this.#cluster = cluster;
    this.#options = options;
  }

  /** `record`: undefined where none left the processor. */
  given(seen: Seen, state: State, origin: EventOrigin, record: EventRecord | undefined): void {
    const before = seen.known.get(state.key);
    seen.known.set(state.key, state);
    if (record === undefined) return;
    const { occurrences, occurrencesEstimated } = record;
    const expected =
      before === undefined ? this.#sinceCheckpoint(seen, state, origin) : since(before, state, origin);
    if (expected === undefined) return;
    // Begun anew within the second of its first occurrence, and forgotten: a change of it without an occurrence looks so.
    if (!this.#options.remembersAll && state.beginnings > (before?.beginnings ?? 0)) return;
    if (occurrencesEstimated) {
      // A gap so early that the leader before may have been further leaves no count to go by, of no Event.
      const mayEstimate =
        !this.#options.remembersAll ||
        (seen.resumed !== undefined && (before === undefined || seen.hasGap || origin === "recovered"));
      if (!mayEstimate && this.#options.startFrom === "stored") {
        this.#verdict.violated(`occurrences are what happened since: ${record.recordUid} needs no estimate`);
      }
      if (occurrences !== 1) {
        this.#verdict.violated(
          `occurrences are what happened since: ${record.recordUid} estimates ${occurrences}`,
        );
      }
      return;
    }
    if (occurrences === expected) return;
    // A first list that began anew shows an Event again that was forgotten meanwhile.
    if (origin === "stored" && before !== undefined && !this.#options.remembersAll) return;
    // Restored by etcd and forgotten here: exported again by design, with the one occurrence that every Event has.
    if (origin === "restored" && !this.#options.remembersAll && occurrences === 1) return;
    this.#verdict.violated(
      `occurrences are what happened since: ${record.recordUid} (state ${state.ordinal}, ${origin}) of ${seen.identity} says ${occurrences}, not ${expected}`,
    );
  }

  /** In the end; only where nothing happened that may make a sum differ. */
  addUp(records: Records): void {
    const sums = new Map<string, number>();
    const newest = new Map<string, State>();
    const { stretches } = this.#cluster.history;
    for (const stored of records.byUid.values()) {
      const last = stored.at(-1);
      const state = last?.ordinal === undefined ? undefined : stretches.get(last.ordinal)?.state;
      if (last === undefined || state === undefined) continue;
      sums.set(state.key, (sums.get(state.key) ?? 0) + last.occurrences);
      if (state.revision > (newest.get(state.key)?.revision ?? 0)) newest.set(state.key, state);
    }
    for (const [key, sum] of sums) {
      const state = newest.get(key);
      if (state === undefined || state.beginnings > 0 || this.#cluster.removedByHand.has(key)) continue;
      const { total } = state;
      if (sum !== total) this.#verdict.violated(`occurrences add up: ${sum} of ${key}, not ${total}`);
    }
  }

  /** Of an Event that the process did not know. Undefined: nobody can say. */
  #sinceCheckpoint(seen: Seen, state: State, origin: EventOrigin): number | undefined {
    const { resumed } = seen;
    // The first look tells what is there, whoever has counted it before.
    if (resumed === undefined) {
      if (this.#options.startFrom === "stored") return state.beginnings === 0 ? state.count : undefined;
      return this.#sinceBeginning(seen, state, origin);
    }
    if (origin === "restored" || !this.#options.clocksAreTrue) return undefined;
    if (this.#cluster.removedByHand.has(state.key) || !this.#options.remembersAll) return undefined;
    const covered = lastOf(resumed.history, state.key, resumed.position);
    if (covered === undefined) return state.beginnings === 0 ? state.count : undefined;
    return since(covered, state, origin);
  }

  /** Of a start from now on. */
  #sinceBeginning(seen: Seen, state: State, origin: EventOrigin): number | undefined {
    const { history, removedByHand } = this.#cluster;
    if (seen.beganAt === undefined || history.number > 0 || !this.#options.clocksAreTrue) return undefined;
    if (removedByHand.has(state.key) || !this.#options.remembersAll) return undefined;
    const before = lastOf(history, state.key, seen.beganAt);
    if (before === undefined) return state.beginnings === 0 ? state.count : undefined;
    return since(before, state, origin);
  }
}

/** undefined: nobody can say. */
function since(before: State, now: State, origin: EventOrigin): number | undefined {
  const begun = now.beginnings - before.beginnings;
  if (begun === 0) return Math.max(0, now.total - before.total);
  // Begun anew with this very state, and to be seen by the smaller count.
  const isTold = begun === 1 && now.total - before.total === now.count && now.count < before.count;
  return isTold && origin !== "restored" ? now.count : undefined;
}
