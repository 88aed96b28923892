/** What arrived, as Loki holds it; see `../oracle.ts` for the meaning of `log.record.uid`. */
import type { Loki, LokiEntry } from "../../lab/loki.ts";

export interface ArrivedRecord {
  /** `log.record.uid`: equal for the same record. */
  readonly recordUid: string;
  /** `<event uid>/<resourceVersion>`. */
  readonly key: string;
  readonly epoch: number;
  readonly name: string;
  readonly count: number;
  readonly occurrences: number;
  readonly isEstimated: boolean;
  /** Everything on it but when it was observed and how its occurrences were counted. */
  readonly content: string;
}

export interface ArrivedGap {
  readonly cause: string;
  /** resourceVersions; undefined where none was known. */
  readonly from: bigint | undefined;
  readonly to: bigint;
}

/** Records of the Events of one namespace that happened since then. */
export async function arrivedRecords(
  loki: Loki,
  clusterName: string,
  namespace: string,
  sinceMs: number,
): Promise<readonly ArrivedRecord[]> {
  const logql = `{service_name="kubernetes-events", k8s_cluster_name="${clusterName}", k8s_namespace_name="${namespace}"}`;
  return (await loki.query({ logql, fromMs: sinceMs })).map(recordOf);
}

/** `tidings.gap` records since then. */
export async function arrivedGaps(
  loki: Loki,
  clusterName: string,
  sinceMs: number,
): Promise<readonly ArrivedGap[]> {
  const logql = `{service_name="kubernetes-events", k8s_cluster_name="${clusterName}"} | event_name="tidings.gap"`;
  return (await loki.query({ logql, fromMs: sinceMs })).map(({ metadata }) => ({
    cause: metadata["tidings_gap_cause"] ?? "",
    from: versionOf(metadata["tidings_gap_from"]),
    to: versionOf(metadata["tidings_gap_to"]) ?? 0n,
  }));
}

function recordOf({ labels, metadata, line, timeUnixNano }: LokiEntry): ArrivedRecord {
  const {
    observed_timestamp: _observed,
    tidings_occurrences: occurrences,
    tidings_occurrences_estimated: estimated,
    ...rest
  } = metadata;
  const recordUid = metadata["log_record_uid"] ?? "";
  const [eventUid = "", resourceVersion = "", epoch = "0"] = recordUid.split("/");
  return {
    recordUid,
    key: `${eventUid}/${resourceVersion}`,
    epoch: Number(epoch),
    name: metadata["k8s_event_name"] ?? "",
    count: Number(metadata["k8s_event_count"]),
    occurrences: Number(occurrences),
    isEstimated: estimated === "true",
    content: JSON.stringify([line, String(timeUnixNano), sorted(labels), sorted(rest)]),
  };
}

function sorted(fields: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function versionOf(text: string | undefined): bigint | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : BigInt(text);
}
