import type { BackoffPolicy } from "../shared/backoff.ts";

/** Where the leader before us was. */
export interface SourceResume {
  /** Everything up to it is settled; "" where its epoch had no position yet: everything stored is given, as `restored`. */
  readonly resourceVersion: string;
  /** The newest write time of the API server that was seen up to then, ms; 0 where unknown. */
  readonly writtenMs: number;
}

export interface EventSourceOptions {
  /** Without a position: everything the cluster still holds first, or only what happens from now on. */
  readonly startFrom: "stored" | "now";
  /** undefined: nobody was before us. */
  readonly resume: SourceResume | undefined;
  /** Events a list page. */
  readonly pageSize: number;
  /** Bytes held at most to put the stored Events of a namespace in order. */
  readonly heldBytesMax: number;
  /**
   * A watch's length, drawn anew each time between the two, in seconds. Below the five minutes of etcd's compaction
   * interval, so that the position of a quiet stream is still known when the next watch begins.
   */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
  /** How long a watch may stay unread before it is closed: the API server buffers it without bound (kubernetes#138217). */
  readonly unreadMsMax: number;
  /** How long a watch may bring nothing before it is asked whether it still can. */
  readonly silentMsMax: number;
  readonly backoff: BackoffPolicy;
}

export const eventSourceDefaults: EventSourceOptions = {
  startFrom: "stored",
  resume: undefined,
  pageSize: 500,
  heldBytesMax: 32 * 1024 * 1024,
  watchSecondsMin: 240,
  watchSecondsMax: 290,
  unreadMsMax: 5000,
  silentMsMax: 60_000,
  backoff: { delayMsInitial: 800, delayMsMax: 30_000 },
};

/** What `/metrics` and `/readyz` ask for. Plain numbers, read at any moment. */
export interface SourceStatus {
  /** A watch is open. */
  readonly connected: boolean;
  /** Read: the last resourceVersion given to the consumer; "" before the first. */
  readonly position: string;
  /** Wall clock in ms when the position was last known to be the cluster's present; 0 before the first time. */
  readonly currentAtMs: number;
  /** The newest write time of the API server that was seen in the history as it is now, ms; 0 where there is none. */
  readonly writtenMs: number;
  readonly bytesRead: number;
}
