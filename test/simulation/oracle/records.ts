import type { Attributes, LogRecord } from "../../../src/otlp/logs-request.ts";
import type { ReceivedRecord } from "../../../src/standin/received-record.ts";
import type { Seen } from "./seen.ts";
import type { Verdict } from "./verdict.ts";

/** One time that a record was stored. */
export interface StoredRecord {
  readonly by: Seen;
  /** Of the state that it shows; undefined on a record of our own making. */
  readonly ordinal: number | undefined;
  readonly occurrences: number;
  readonly isEstimated: boolean;
  /** All of it, as text. */
  readonly whole: string;
  /** Without what may differ between two terms. */
  readonly lasting: string;
}

const recordUidPattern = /^([^/]+)\/(\d+)(?:\/(\d+))?$/;

/**
 * What the backend has:
 *
 * - "sent again with equal bytes": by the same process
 * - "nothing is sent again that the backend has confirmed"
 * - "duplicates within the window": another process may store a record again only if the checkpoint that it went on from
 *   does not cover it, or if it found none to go on from
 * - "equal uid, equal content": but for the time of receipt, and for occurrences where one of the two is an estimate, one
 *   of the two processes compared with a list, the second found no checkpoint to go on from, or a takeover
 *   cannot know (`occurrences.ts`). Weird but allowed: a resourceVersion that an erased history had given
 *   to another state, where whoever knew of that history is gone, or its Lease
 * - "in order": with one request in flight, the records of a namespace come in the order of its changes, in each process
 */
export class Records {
  /** By record uid, in order of arrival. */
  readonly byUid = new Map<string, StoredRecord[]>();
  readonly #verdict: Verdict;
  readonly #isOrdered: boolean;
  /** Whoever knew of an erased history may be gone. */
  readonly #mayCollide: () => boolean;

  /** Of this state: a takeover cannot know its count. */
  readonly #isUncertain: (ordinal: number) => boolean;

  constructor(
    verdict: Verdict,
    isOrdered: boolean,
    mayCollide: () => boolean,
    isUncertain: (ordinal: number) => boolean,
  ) {
    this.#verdict = verdict;
    this.#isOrdered = isOrdered;
    this.#mayCollide = mayCollide;
    this.#isUncertain = isUncertain;
  }

  stored(by: Seen, received: ReceivedRecord): StoredRecord {
    const { record, resource } = received;
    const uid = textOf(record.attributes.get("log.record.uid"));
    const stored = storedRecord(by, record);
    const before = this.byUid.get(uid);
    if (before === undefined) this.byUid.set(uid, [stored]);
    else {
      for (const other of before) this.#compare(uid, other, stored);
      before.push(stored);
    }
    const isFirstOfProcess = before?.every((other) => other === stored || other.by !== by) ?? true;
    if (this.#isOrdered && stored.ordinal !== undefined && isFirstOfProcess) {
      this.#inOrder(by, uid, textOf(resource.attributes.get("k8s.namespace.name")));
    }
    return stored;
  }

  #compare(uid: string, before: StoredRecord, now: StoredRecord): void {
    const { by } = now;
    if (before.by === by) {
      if (before.whole !== now.whole) this.#verdict.violated(`sent again with equal bytes: not ${uid}`);
      return;
    }
    const { resumed } = by;
    const [, , revision = "", epoch = "0"] = recordUidPattern.exec(uid) ?? [];
    if (revision !== "" && resumed?.epoch === Number(epoch) && Number(revision) <= resumed.position) {
      this.#verdict.violated(
        `duplicates within the window: ${by.identity} went on from ${resumed.position} and stores ${uid}, which ${before.by.identity} had stored`,
      );
    }
    if (before.ordinal !== now.ordinal || now.ordinal === undefined) {
      if (before.lasting !== now.lasting && !this.#mayCollide()) {
        this.#verdict.violated(
          `equal uid, equal content: not ${uid} (states ${before.ordinal}, ${now.ordinal})`,
        );
      }
      return;
    }
    const mayDiffer =
      before.isEstimated ||
      now.isEstimated ||
      before.by.hasGap ||
      by.hasGap ||
      resumed === undefined ||
      // Somebody was before it, and had left it nothing.
      (before.by.resumed === undefined && before.by.ordinal > 1) ||
      this.#isUncertain(now.ordinal);
    const isEqual =
      before.lasting === now.lasting &&
      (mayDiffer || (before.occurrences === now.occurrences && before.isEstimated === now.isEstimated));
    if (!isEqual) {
      this.#verdict.violated(`equal uid, equal content: not ${uid}: ${before.whole} and ${now.whole}`);
    }
  }

  #inOrder(by: Seen, uid: string, namespace: string): void {
    const [, , revision = "0", epoch = "0"] = recordUidPattern.exec(uid) ?? [];
    const now = { epoch: Number(epoch), revision: Number(revision) };
    const newest = by.order.get(namespace);
    by.order.set(namespace, now);
    if (newest === undefined || newest.epoch < now.epoch) return;
    if (newest.epoch > now.epoch || newest.revision >= now.revision) {
      this.#verdict.violated(
        `in order: ${by.identity} stores ${now.revision} of ${namespace} after ${newest.revision}`,
      );
    }
  }
}

/** Of a state's note. */
export function ordinalOf(body: unknown): number | undefined {
  const ordinal = typeof body === "string" ? /^state (\d+)\.$/.exec(body)?.[1] : undefined;
  return ordinal === undefined ? undefined : Number(ordinal);
}

/** Ordinals in the bytes of a request, in their order; the notes stand in it as they are. */
export function ordinalsIn(body: Uint8Array): readonly number[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
  return Array.from(text.matchAll(/state (\d+)\./g), ([, ordinal]) => Number(ordinal));
}

function storedRecord(by: Seen, record: LogRecord): StoredRecord {
  const { body, attributes, timeUnixNano, observedTimeUnixNano, severityNumber, severityText } = record;
  const others = new Map(attributes);
  others.delete("tidings.occurrences");
  others.delete("tidings.occurrences.estimated");
  const lasting = `${timeUnixNano} ${severityNumber} ${severityText} ${textOf(body)} ${jsonOf(others)}`;
  const occurrences = Number(attributes.get("tidings.occurrences") ?? 0);
  const isEstimated = attributes.get("tidings.occurrences.estimated") === true;
  return {
    by,
    ordinal: ordinalOf(body),
    occurrences,
    isEstimated,
    lasting,
    whole: `${lasting} ${occurrences} ${isEstimated} ${observedTimeUnixNano}`,
  };
}

function jsonOf(attributes: Attributes): string {
  return JSON.stringify([...attributes], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
