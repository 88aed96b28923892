import type { SourceItem } from "../model/source-item.ts";
import type { Encoder } from "../otlp/encode.ts";

/**
 * One leadership, from the position where the one before left off to its own end. A process has one at most: who has lost
 * its leadership ends, and starts clean.
 */
export interface Term {
  readonly items: (signal: AbortSignal) => AsyncIterable<readonly SourceItem[]>;
  readonly encoder: Encoder;
  /** The cluster's uid; "" where it has none to give. */
  readonly cluster: string;
  /** How long the cluster keeps an Event, ms. */
  readonly eventTtlMs: number;
  /** Wall clock in ms when the source's position was last known to be the cluster's present. */
  readonly currentAtMs: () => number;
  /** What the leader before us left; undefined at the first start. */
  readonly before: TermBefore | undefined;
}

export interface TermBefore {
  /** "" where its epoch had no position yet. */
  readonly acknowledged: string;
  /** Wall clock in ms when that was written down. */
  readonly timeMs: number;
  /** Until when it may have gone on exporting: an Event that began later was counted by nobody. */
  readonly actedUntilMs: number;
  readonly epoch: number;
}
