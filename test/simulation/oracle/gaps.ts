import type { Frame } from "../../../src/model/frame.ts";
import { decodeLogRecord } from "../../../src/otlp/decode.ts";
import { textOf } from "./records.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

export interface ToldGap {
  readonly uid: string;
  readonly cause: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Each list that closes a gap is told by one record:
 *
 * - "a gap is told": right after each such list that found something, and only then, with its cause
 * - "a gap has the right bounds": from the position to the list's own, which the next watch begins with; what was given
 *   before lies at or below the one, what is given after lies above the other
 * - "the list's records say where they are from" is held by the debts: what lies between is owed only as far as the
 *   list could see it
 */
export class Gaps {
  readonly #verdict: Verdict;
  /** By instance: told, while the watch after it is not open yet. */
  readonly #open = new Map<Seen, ToldGap>();

  constructor(verdict: Verdict) {
    this.#verdict = verdict;
  }

  told(seen: Seen, frame: Frame): ToldGap | undefined {
    const decoded = decodeLogRecord(frame.logRecord);
    if (decoded.kind !== "decoded" || decoded.value.eventName !== "tidings.gap") {
      this.#verdict.violated("a gap is told: another record of its own making leaves");
      return undefined;
    }
    const { attributes } = decoded.value;
    const gap: ToldGap = {
      uid: textOf(attributes.get("log.record.uid")),
      cause: textOf(attributes.get("tidings.gap.cause")),
      from: Number(textOf(attributes.get("tidings.gap.from"))),
      to: Number(textOf(attributes.get("tidings.gap.to"))),
    };
    if (gap.cause !== seen.finishedList) {
      this.#verdict.violated(`a gap is told: ${gap.cause} after a list because of ${seen.finishedList}`);
    }
    if (gap.cause !== "history_replaced") {
      const { newestWatched, leastRecovered } = seen;
      if (gap.from < newestWatched || gap.from >= leastRecovered) {
        this.#verdict.violated(
          `a gap has the right bounds: from ${gap.from}, but ${newestWatched} was watched and ${leastRecovered} recovered`,
        );
      }
    }
    seen.leastRecovered = Number.POSITIVE_INFINITY;
    this.#open.set(seen, gap);
    return gap;
  }

  watches(seen: Seen, resourceVersion: number): void {
    const gap = this.#open.get(seen);
    this.#open.delete(seen);
    const { finishedList } = seen;
    if (finishedList === undefined || finishedList === "start") return;
    const mayBeUntold = seen.listFoundNothing && finishedList === "gap";
    if (mayBeUntold) return;
    if (gap === undefined) {
      this.#verdict.violated(`a gap is told: none after a list because of ${finishedList}`);
    } else if (gap.to !== resourceVersion) {
      this.#verdict.violated(
        `a gap has the right bounds: to ${gap.to}, but the watch begins at ${resourceVersion}`,
      );
    }
  }
}
