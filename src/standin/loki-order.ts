import type { ReceivedRecord } from "./received-record.ts";

/**
 * Loki's rule for records that come late: of each stream, a record more than half of `max_chunk_age` behind the newest is
 * refused ("entry too far behind"). Of a request with several streams only the outcome of the last one becomes the
 * answer, so that 204 can hide a loss: the ingester overwrites the error of each stream with that of the next.
 * https://github.com/grafana/loki/blob/v3.7.0/pkg/ingester/instance.go (Push), stream.go (validateEntries)
 */
export class LokiOrder {
  readonly #behindMsMax: number;
  /** Newest time of each stream, ns. Beyond `streamsMax` the one that was first seen is forgotten. */
  readonly #newest = new Map<string, bigint>();

  constructor(behindMsMax: number) {
    this.#behindMsMax = behindMsMax;
  }

  take(records: readonly ReceivedRecord[]): {
    readonly good: readonly ReceivedRecord[];
    /** The words of a 400, where the last stream of the request had a refusal. */
    readonly answer: string | undefined;
  } {
    const behindNanos = BigInt(this.#behindMsMax) * 1_000_000n;
    const good: ReceivedRecord[] = [];
    let stream = "";
    let answer: string | undefined;
    for (const entry of records) {
      const key = streamOf(entry);
      if (key !== stream) answer = undefined;
      stream = key;
      const atNanos = entry.record.timeUnixNano || entry.record.observedTimeUnixNano;
      const newest = this.#newest.get(key) ?? atNanos;
      if (atNanos < newest - behindNanos) {
        answer ??= `entry too far behind, entry timestamp is: ${timeOf(atNanos)}, oldest acceptable timestamp is: ${timeOf(newest - behindNanos)}`;
        continue;
      }
      if (atNanos >= newest) this.#newest.set(key, atNanos);
      if (this.#newest.size > streamsMax) this.#newest.delete(this.#newest.keys().next().value ?? "");
      good.push(entry);
    }
    return { good, answer };
  }
}

/** Loki itself takes 5,000 streams of a tenant by default. */
const streamsMax = 10_000;

/** Of the Resource's attributes these make the stream (Loki's default index labels, as far as we send them). */
function streamOf({ resource }: ReceivedRecord): string {
  const labels = ["service.name", "k8s.cluster.name", "k8s.namespace.name"];
  return JSON.stringify(labels.map((name) => resource.attributes.get(name) ?? null));
}

function timeOf(nanos: bigint): string {
  return new Date(Number(nanos / 1_000_000n)).toISOString();
}
