/**
 * The independent judge: what the API server holds against what Loki holds. It shares no code with tidings; all it
 * knows is the documented meaning of `log.record.uid` and `tidings.occurrences`.
 */
import assert from "node:assert/strict";

import { z } from "zod";

import type { KubeApi } from "../lab/kube-api.ts";
import type { Loki, LokiEntry } from "../lab/loki.ts";
import { until } from "../lab/until.ts";

const eventSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string(),
  }),
  reason: z.string().default(""),
  type: z.string().default(""),
  note: z.string().default(""),
  action: z.string().default(""),
  reportingController: z.string().default(""),
  deprecatedSource: z.object({ component: z.string().default("") }).default({ component: "" }),
  regarding: z
    .object({ kind: z.string().default(""), name: z.string().default(""), namespace: z.string().default("") })
    .default({ kind: "", name: "", namespace: "" }),
  series: z.object({ count: z.number() }).nullish(),
  deprecatedCount: z.number().default(0),
});

export type StoredEvent = z.infer<typeof eventSchema>;

/** Every Event that the API server holds, in its last state. */
export async function storedEvents(admin: KubeApi): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let from = ""; ;) {
    const page = eventPage.parse(
      await admin.get(`/apis/events.k8s.io/v1/events?limit=2000&continue=${encodeURIComponent(from)}`),
    );
    found.push(...page.items);
    from = page.metadata.continue;
    if (from === "") return found;
  }
}

const eventPage = z.object({
  metadata: z.object({ continue: z.string().default("") }),
  items: z.array(eventSchema),
});

/** How often it happened, by its own words. */
export function countOf(event: StoredEvent): number {
  return Math.max(1, event.series?.count ?? 0, event.deprecatedCount);
}

export interface FoundRecord {
  readonly recordUid: string;
  readonly eventUid: string;
  readonly resourceVersion: string;
  readonly occurrences: number;
  readonly entry: LokiEntry;
}

/** Every record in Loki that a tidings with that `cluster.name` exported. */
export async function foundRecords(loki: Loki, clusterName: string): Promise<readonly FoundRecord[]> {
  const logql = `{service_name="kubernetes-events", k8s_cluster_name=${JSON.stringify(clusterName)}}`;
  return (await loki.query({ logql })).map((entry) => {
    const recordUid = entry.metadata["log_record_uid"] ?? "";
    const [eventUid = "", resourceVersion = ""] = recordUid.split("/");
    const occurrences = Number(entry.metadata["tidings_occurrences"]);
    return { recordUid, eventUid, resourceVersion, occurrences, entry };
  });
}

export interface Verdict {
  readonly events: number;
  /** Last states of Events that are not in Loki. */
  readonly missing: readonly string[];
  /** Records that are there more than once. */
  readonly repeated: readonly string[];
  /** Events whose records' occurrences do not add up to their count. */
  readonly miscounted: readonly string[];
}

/** Compares. Records of states after the listed one are no fault: Events go on changing meanwhile. */
export function judge(events: readonly StoredEvent[], records: readonly FoundRecord[]): Verdict {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const byEvent = Map.groupBy(records, (record) => record.eventUid);
  for (const { recordUid } of records) {
    if (seen.has(recordUid)) repeated.add(recordUid);
    seen.add(recordUid);
  }
  const missing: string[] = [];
  const miscounted: string[] = [];
  for (const event of events) {
    const { uid, resourceVersion, namespace, name } = event.metadata;
    const said = `${namespace}/${name} (${event.reason}) ${uid}/${resourceVersion}`;
    if (!seen.has(`${uid}/${resourceVersion}`)) {
      missing.push(said);
      continue;
    }
    const last = BigInt(resourceVersion);
    const occurrences = (byEvent.get(uid) ?? [])
      .filter((record) => BigInt(record.resourceVersion) <= last)
      .reduce((sum, record) => sum + record.occurrences, 0);
    if (occurrences !== countOf(event)) miscounted.push(`${said}: ${occurrences} of ${countOf(event)}`);
  }
  return { events: events.length, missing, repeated: [...repeated], miscounted };
}

export interface ExactlyOnceOptions {
  readonly admin: KubeApi;
  readonly loki: Loki;
  readonly clusterName: string;
  readonly withinMs: number;
  /** Where to look when something is missing. */
  readonly explain: () => Promise<string>;
}

/**
 * Waits until every Event that the API server holds now is in Loki, then demands that nothing is there twice and that
 * occurrences add up. Returns both sides.
 */
export async function assertExactlyOnce(options: ExactlyOnceOptions): Promise<{
  readonly events: readonly StoredEvent[];
  readonly records: readonly FoundRecord[];
}> {
  const { admin, loki, clusterName, withinMs } = options;
  const events = await storedEvents(admin);
  assert.ok(events.length > 0, "The API server holds no Event at all: nothing would be proven");
  let missing: readonly string[] = [];
  const records = await until(
    async () => {
      const found = await foundRecords(loki, clusterName);
      missing = judge(events, found).missing;
      return missing.length === 0 ? found : undefined;
    },
    {
      withinMs,
      everyMs: 500,
      explain: async () =>
        `${missing.length} of ${events.length} Events are not in Loki, such as\n  ` +
        `${missing.slice(0, 5).join("\n  ")}\n${await options.explain()}`,
    },
  );
  const verdict = judge(events, records);
  assert.deepEqual(verdict.repeated.slice(0, 5), [], `${verdict.repeated.length} records are there twice`);
  assert.deepEqual(verdict.miscounted.slice(0, 5), [], "Occurrences add up to the Event's count");
  return { events, records };
}
