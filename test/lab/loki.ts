import { join } from "node:path";

import { z } from "zod";

import { ensureBinary } from "./build.ts";
import type { LabFolder } from "./lab-folder.ts";
import { LabProcess } from "./lab-process.ts";
import { freePorts } from "./ports.ts";
import { renderConfig } from "./rendered-config.ts";

/** One stored record, as a LogQL query finds it. */
export interface LokiEntry {
  /** Index labels of its stream. */
  readonly labels: Readonly<Record<string, string>>;
  /** Everything else that was sent with it: attributes of record, scope and resource that are no label. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly timeUnixNano: bigint;
  readonly line: string;
}

export interface LokiQuery {
  readonly logql: string;
  /** Ms since the epoch; default a day ago and an hour from now. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Loki's `max_entries_limit_per_query` default. */
const pageSize = 5_000;

/** A single-process Loki on files. Its records survive a kill and a restart (write-ahead log). */
export class Loki extends LabProcess {
  /** `http://127.0.0.1:PORT`; OTLP goes to `/otlp`. */
  readonly url: string;

  private constructor(folder: LabFolder, command: string, config: string, port: number) {
    const url = `http://127.0.0.1:${port}`;
    super({
      name: "loki",
      command,
      args: [`-config.file=${config}`],
      folder,
      isReady: async () => (await fetch(`${url}/ready`)).status === 200,
      readyWithinMs: 60_000,
    });
    this.url = url;
  }

  static async create(folder: LabFolder): Promise<Loki> {
    const command = await ensureBinary("loki");
    const data = join(folder.path, "loki");
    const [port = 0, grpcPort = 0] = await freePorts(2);
    const values = { LOKI_DATA: data, LOKI_PORT: port, LOKI_GRPC_PORT: grpcPort };
    return new Loki(folder, command, await renderConfig("loki.yaml", data, values), port);
  }

  /** Every entry that matches, oldest first, however many there are. */
  async query(query: LokiQuery): Promise<readonly LokiEntry[]> {
    const found: LokiEntry[] = [];
    let fromNano = BigInt(query.fromMs ?? Date.now() - 24 * 3_600_000) * 1_000_000n;
    const toNano = BigInt(query.toMs ?? Date.now() + 3_600_000) * 1_000_000n;
    for (;;) {
      const page = await this.#page(query.logql, fromNano, toNano);
      const last = page.at(-1);
      if (last === undefined) return found;
      if (page.length < pageSize) {
        found.push(...page);
        return found;
      }
      // The page may end between entries of one nanosecond: leave all of that one to the next page.
      const complete = page.filter((entry) => entry.timeUnixNano < last.timeUnixNano);
      if (complete.length === 0) throw new Error(`${pageSize} entries in one nanosecond: ${query.logql}`);
      found.push(...complete);
      fromNano = last.timeUnixNano;
    }
  }

  async #page(logql: string, fromNano: bigint, toNano: bigint): Promise<readonly LokiEntry[]> {
    const parameters = new URLSearchParams({
      query: logql,
      start: String(fromNano),
      end: String(toNano),
      limit: String(pageSize),
      direction: "forward",
    });
    const response = await fetch(`${this.url}/loki/api/v1/query_range?${parameters.toString()}`, {
      // Keeps labels and structured metadata apart in the answer.
      headers: { "x-loki-response-encoding-flags": "categorize-labels" },
    });
    if (!response.ok) throw new Error(`LogQL ${logql}: HTTP ${response.status} ${await response.text()}`);
    const answer = queryAnswer.parse(await response.json());
    return answer.data.result
      .flatMap(({ stream, values }) =>
        values.map(([time, line, more]) => ({
          labels: stream,
          metadata: more.structuredMetadata,
          timeUnixNano: BigInt(time),
          line,
        })),
      )
      .toSorted((a, b) => (a.timeUnixNano < b.timeUnixNano ? -1 : a.timeUnixNano > b.timeUnixNano ? 1 : 0));
  }
}

const queryAnswer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        values: z.array(
          z.tuple([
            z.string(),
            z.string(),
            z.object({ structuredMetadata: z.record(z.string(), z.string()).default({}) }),
          ]),
        ),
      }),
    ),
  }),
});
