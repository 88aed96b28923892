import type { DropReason, RejectReason } from "./notice.ts";

/**
 * What the intake has counted since the process began. Read synchronously, as plain numbers: invariant 3 says that at
 * every such moment `received = filtered + malformed + warmed + accepted`.
 */
export interface IntakeLedger {
  /** Events and malformed items taken from the source. Not removals and bookmarks, which are no events. */
  readonly received: number;
  /** Understood, and left out by the export filter. */
  readonly filtered: number;
  /** No Event: counted, said in a notice, passed over. */
  readonly malformed: number;
  /** Known to the leader before us: taken in so that counts go on, not for export. */
  readonly warmed: number;
  /** Handed to the delivery as a frame. */
  readonly accepted: number;
  /** Records of our own making, such as `tidings.gap`, handed to the delivery beside the accepted ones. */
  readonly produced: number;
  /** DELETED frames: the end of an Event's TTL. */
  readonly removed: number;
  readonly bookmarks: number;
  /** Bytes read from the API server's lists and watches. */
  readonly bytes: number;
  /** ms from the API server's write of the newest watched Event to its reading; 0 before the first. */
  readonly lagMs: number;
}

/** What became of a request to the endpoint: the label of its counter, and the kinds of the sender's outcome. */
export type SendResult = "delivered" | "retryable" | "server_error" | "held" | "divide" | "aborted";

/**
 * What the delivery has counted since the process began. Read synchronously: at every such moment
 * `accepted = delivered + rejected + dropped + queued`, where what is in flight is queued.
 */
export interface DeliveryLedger {
  /** Taken charge of: what the intake accepted and produced. */
  readonly accepted: number;
  /** Acknowledged by the endpoint. */
  readonly delivered: number;
  /** Refused by the endpoint for good. */
  readonly rejected: Readonly<Record<RejectReason, number>>;
  /** Given up without the endpoint's verdict. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Held now, waiting or in flight. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** ms since the oldest held record was accepted; 0 when none is held. */
  readonly oldestAgeMs: number;
  /** Requests to the endpoint, by what became of them. */
  readonly sends: Readonly<Record<SendResult, number>>;
}

/** Who acts, and what the next one would go on from. */
export interface LeaderLedger {
  readonly isLeader: boolean;
  /** How often the Lease has changed hands; 0 without one. */
  readonly transitions: number;
  /** ms since a checkpoint was last written; 0 where none was. */
  readonly checkpointAgeMs: number;
  /** Inputs read and not settled yet: what a crash now would read again, beside what was settled since the checkpoint. */
  readonly unsettled: number;
}

/** Where the ledgers are read: each call returns the numbers of that moment, and all calls stand in one turn. */
export interface Ledgers {
  /** A watch is open. */
  readonly connected: () => boolean;
  readonly leader: () => LeaderLedger;
  readonly intake: () => IntakeLedger;
  readonly delivery: () => DeliveryLedger;
}
