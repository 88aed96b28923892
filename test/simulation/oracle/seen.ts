import type { Ledgers } from "../../../src/model/ledger.ts";
import type { History, State } from "../cluster.ts";

/** What the checks know of one instance of tidings: one process with at most one term. */
export class Seen {
  /** Tells it from every other; its records carry it as `service.name`. */
  readonly ordinal: number;
  readonly identity: string;
  /** What it went on from; undefined before it leads, and where it found nothing to go on from. */
  resumed: { readonly position: number; readonly epoch: number; readonly history: History } | undefined;
  isLeading = false;
  /** The history that it reads; undefined before it has read anything. */
  history: History | undefined;
  epoch = 0;
  /** The history of which it said last that it replaces another. */
  toldOf: History | undefined;
  /** Cause of a list that is finished, until the watch after it is open. */
  finishedList: string | undefined;
  /** It gave nothing newer than the position. */
  listFoundNothing = false;
  /** It compared with a list, so that its records may leave out states in between. */
  hasGap = false;
  /** By key: the newest state that its processor was given. */
  readonly known = new Map<string, State>();
  /** Highest revision that a watch brought it, of the history that it reads. */
  newestWatched = 0;
  /** Lowest revision that the list under way brought it as new. */
  leastRecovered = Number.POSITIVE_INFINITY;
  /** How many it brought as new or restored, and the time of the oldest write of what was recovered. */
  recovered = 0;
  recoveredSinceMs = Number.POSITIVE_INFINITY;
  /** Where it began to read without anything to go on from. */
  beganAt: number | undefined;
  /** Record uids that left its processor. */
  readonly left = new Set<string>();
  /** Ordinals of states that the backend confirmed to it. */
  readonly confirmed = new Set<number>();
  /** It found out that the history was replaced, and exports everything again. */
  beganEpoch = false;
  /** By namespace: where its stored records have come to. */
  readonly order = new Map<string, { readonly epoch: number; readonly revision: number }>();
  /** When the last of its writes to the Lease was sent that the API server took. */
  renewedAtMs = Number.NEGATIVE_INFINITY;
  /** SIGTERM came. */
  stoppedAtMs: number | undefined;
  ledgers: Ledgers | undefined;
  /** Its wall clock was set back. */
  clockWasSetBack = false;
  /** Its monotonic clock stood still for a while. */
  wasSuspended = false;

  constructor(ordinal: number, identity: string) {
    this.ordinal = ordinal;
    this.identity = identity;
  }

  /** A clock set back during a standstill of the other one hides it (docs/adr/0019). */
  get timeIsHidden(): boolean {
    return this.clockWasSetBack && this.wasSuspended;
  }
}
