import { decodeCheckpoint } from "../../../src/leader/checkpoint.ts";
import type { Cluster, History, State } from "../cluster.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

/** Revisions of which not every state is owed, because they were compared with a list. */
interface Listed {
  readonly history: History;
  /** Exclusive. */
  readonly from: number;
  /** Inclusive: the list's own. */
  readonly to: number;
  /**
   * What was deleted up to this revision is not owed: `to`, but where `to` was compacted away while the list was under way.
   * Then the rest of it is of a later revision, and what expired between the two was nowhere to be read.
   */
  readonly goneBy: number;
  /** What stood at `to` is owed; not by a start from now on, which lists nothing. */
  readonly owesStanding: boolean;
}

/**
 * What is owed to the backend: every state of every Event, of the history that the API server has, but for
 *
 * - what was replaced or deleted before a list that closes a gap (or is the first look) could see it
 * - what was there before a start with `startFrom: now`
 * - what the backend refused for good
 *
 * Checked are
 *
 * - "the checkpoint passes nothing unsettled": when it is sent, everything owed at or below its position is stored
 * - "complete": in the end, everything owed is stored
 */
export class Debts {
  readonly #verdict: Verdict;
  readonly #cluster: Cluster;
  /** Ordinals. */
  readonly #stored = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #listed: Listed[] = [];
  /** By text: the history that its writer read, and who that was. */
  readonly #checkpoints = new Map<string, { readonly history: History; readonly by: Seen }>();

  /** Written into the Lease by somebody else; whoever creates it anew does so with what stood in it. */
  readonly #foreign = new Set<string>();

  constructor(verdict: Verdict, cluster: Cluster) {
    this.#verdict = verdict;
    this.#cluster = cluster;
  }

  stored(ordinal: number): void {
    this.#stored.add(ordinal);
  }

  /** The backend said of it that it will never take it. */
  refused(ordinal: number): void {
    this.#refused.add(ordinal);
  }

  hasRefused(ordinal: number): boolean {
    return this.#refused.has(ordinal);
  }

  hasStored(ordinal: number): boolean {
    return this.#stored.has(ordinal);
  }

  listed(history: History, from: number, to: number, owesStanding: boolean): void {
    const { current, compacted } = this.#cluster.log;
    this.#listed.push({ history, from, to, goneBy: compacted > to ? current : to, owesStanding });
  }

  foreign(checkpoint: string | undefined): void {
    if (checkpoint !== undefined && !this.#checkpoints.has(checkpoint)) this.#foreign.add(checkpoint);
  }

  get hasForeign(): boolean {
    return this.#foreign.size > 0;
  }

  writerOf(checkpoint: string): Seen | undefined {
    return this.#checkpoints.get(checkpoint)?.by;
  }

  historyOf(checkpoint: string): History | undefined {
    return this.#checkpoints.get(checkpoint)?.history;
  }

  /** `seen` sends this checkpoint. */
  checkpoint(seen: Seen, text: string, standing: string | undefined, startFrom: "stored" | "now"): void {
    if (text === standing || this.#checkpoints.has(text) || this.#foreign.has(text)) return;
    const reading = decodeCheckpoint(text, "");
    if (reading.kind !== "found") {
      this.#verdict.violated(`a checkpoint can be read: ${reading.kind}`);
      return;
    }
    const history = seen.history ?? seen.resumed?.history ?? this.#cluster.history;
    this.#checkpoints.set(text, { history, by: seen });
    const position = Number(reading.checkpoint.acknowledged["*"] ?? "0");
    // Of a first look nobody has said yet where it ends: there, and nowhere else.
    if (seen.finishedList === "start") this.listed(history, 0, position, true);
    else if (startFrom === "now" && seen.history === undefined && seen.resumed === undefined) {
      this.listed(history, 0, position, false);
    }
    for (const { state } of history.stretches.values()) {
      if (state.revision > position || !this.#isOwed(history, state)) continue;
      this.#verdict.violated(
        `the checkpoint passes nothing unsettled: ${seen.identity} writes ${position}, state ${state.ordinal} at ${state.revision} is not stored`,
      );
      return;
    }
  }

  /** What is owed of the history as it is, and not paid. */
  missing(): readonly State[] {
    const { history } = this.#cluster;
    return [...history.stretches.values()]
      .map(({ state }) => state)
      .filter((state) => this.#isOwed(history, state));
  }

  #isOwed(history: History, state: State): boolean {
    const { ordinal, revision } = state;
    if (this.#stored.has(ordinal) || this.#refused.has(ordinal)) return false;
    return !this.#listed.some(({ history: listed, from, to, goneBy, owesStanding }) => {
      if (revision <= from || revision > to) return false;
      // A list of another history counts as far as the two are the same. Weird but allowed: what a list left out, and a
      // restore brings to light again.
      if (revision > this.#cluster.sharedUpTo(listed, history)) return false;
      return !owesStanding || (listed.stretches.get(ordinal)?.until ?? 0) <= goneBy;
    });
  }
}
