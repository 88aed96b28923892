import type { Counter } from "prom-client";

import type { Notify } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";
import { overflowLabelValue } from "./metric-table.ts";

export interface FamilyBounds {
  /** Series at most, without the overflow series. */
  readonly seriesMax: number;
  /** A series untouched for as long is removed; one that returns begins anew at 0. */
  readonly idleAfterMs: number;
}

/** A label's value is cut there, so that the number of series bounds the memory: the API server takes longer ones. */
const valueCharsMax = 128;

interface Series {
  readonly counter: Counter.Internal;
  /** In the order of the label names. */
  readonly values: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Since the last flush. */
  pending: number;
  touchedMs: number;
}

/**
 * Series by the values of their labels, one level a label: a third of the cost of making one key of all. From the last
 * label to the first, which has the most values: so there are few maps, and they stay in the processor's cache.
 */
class Branch {
  readonly branches = new Map<string, Branch>();
  series: Series | undefined;
}

/**
 * A counter with labels from the outside, with the bound that no metric library has: none of them ever forgets a
 * series. Counts gather here and reach prom-client when it is read (`flush`), so that an increment is a look-up.
 *
 * Bound: `seriesMax` series. What comes on top is counted in one overflow series, every label `_other`, until series
 * that lie idle have made room.
 */
export class CounterFamily {
  readonly #name: string;
  readonly #counter: Counter;
  readonly #labelNames: readonly string[];
  readonly #bounds: FamilyBounds;
  readonly #runtime: Pick<Runtime, "monotonicMs">;
  readonly #notify: Notify;
  readonly #root = new Branch();
  readonly #series = new Set<Series>();
  #other: Series | undefined;
  #sweptMs = -Infinity;
  #overflowed = 0;
  #limitSaid = false;

  /** `name` is the metric's, for the notice; `labelNames` give the order of the values of `add`. */
  constructor(
    name: string,
    counter: Counter,
    labelNames: readonly string[],
    bounds: FamilyBounds,
    runtime: Pick<Runtime, "monotonicMs">,
    notify: Notify,
  ) {
    this.#name = name;
    this.#counter = counter;
    this.#labelNames = labelNames;
    this.#bounds = bounds;
    this.#runtime = runtime;
    this.#notify = notify;
  }

  /** Increments that went to the overflow series. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** `values` in the order of the label names; not kept, so that the caller may use one array again and again. */
  add(values: readonly string[], count: number): void {
    const series = this.#find(values) ?? this.#seriesFor(values);
    series.pending += count;
  }

  /** Brings every count to prom-client and removes what lies idle. */
  flush(): void {
    const nowMs = this.#runtime.monotonicMs();
    this.#sweptMs = nowMs;
    if (this.#other !== undefined) flushSeries(this.#other, nowMs);
    for (const series of this.#series) {
      if (series.pending > 0) flushSeries(series, nowMs);
      else if (nowMs - series.touchedMs >= this.#bounds.idleAfterMs) {
        this.#counter.remove(series.labels);
        this.#forget(series);
      }
    }
  }

  #find(values: readonly string[]): Series | undefined {
    let branch = this.#root;
    for (let index = values.length - 1; index >= 0; index -= 1) {
      const next = branch.branches.get(values[index] ?? "");
      if (next === undefined) return undefined;
      branch = next;
    }
    return branch.series;
  }

  #remember(series: Series): void {
    let branch = this.#root;
    for (const value of series.values.toReversed()) {
      let next = branch.branches.get(value);
      if (next === undefined) {
        next = new Branch();
        branch.branches.set(value, next);
      }
      branch = next;
    }
    branch.series = series;
    this.#series.add(series);
  }

  #forget(series: Series): void {
    this.#series.delete(series);
    cutOff(this.#root, series.values.toReversed(), 0);
  }

  /** The slow way: a series that is new, or has values that are too long. */
  #seriesFor(values: readonly string[]): Series {
    const cut = values.map(cutValue);
    const known = this.#find(cut);
    if (known !== undefined) return known;
    if (!this.#hasRoom()) return this.#overflow();
    const series = this.#newSeries(cut);
    this.#remember(series);
    return series;
  }

  #hasRoom(): boolean {
    const { seriesMax, idleAfterMs } = this.#bounds;
    if (this.#series.size < seriesMax) return true;
    // Nobody may be reading `/metrics`, where idle series are removed; and a look at all of them must stay rare.
    if (this.#runtime.monotonicMs() - this.#sweptMs >= idleAfterMs / 4) this.flush();
    return this.#series.size < seriesMax;
  }

  #overflow(): Series {
    this.#overflowed += 1;
    if (!this.#limitSaid) {
      this.#limitSaid = true;
      this.#notify({ kind: "series_limit_reached", metric: this.#name, limit: this.#bounds.seriesMax });
    }
    this.#other ??= this.#newSeries(this.#labelNames.map(() => overflowLabelValue));
    return this.#other;
  }

  #newSeries(values: readonly string[]): Series {
    const labels = Object.fromEntries(this.#labelNames.map((name, index) => [name, values[index] ?? ""]));
    const touchedMs = this.#runtime.monotonicMs();
    return { counter: this.#counter.labels(labels), values, labels, pending: 0, touchedMs };
  }
}

function flushSeries(series: Series, nowMs: number): void {
  series.counter.inc(series.pending);
  series.pending = 0;
  series.touchedMs = nowMs;
}

/** Removes a series, and each branch that leads to nothing then. */
function cutOff(branch: Branch, path: readonly string[], depth: number): void {
  const value = path[depth];
  if (value === undefined) {
    branch.series = undefined;
    return;
  }
  const next = branch.branches.get(value);
  if (next === undefined) return;
  cutOff(next, path, depth + 1);
  if (next.series === undefined && next.branches.size === 0) branch.branches.delete(value);
}

function cutValue(value: string): string {
  return value.length > valueCharsMax ? `${value.slice(0, valueCharsMax - 1)}…` : value;
}
