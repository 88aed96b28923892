import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { LabFolder } from "../lab/lab-folder.ts";
import { LabProcess } from "../lab/lab-process.ts";
import { freePort } from "../lab/ports.ts";
import { until } from "../lab/until.ts";

export interface TidingsOptions {
  /** Names the process and, as `cluster.name`, everything it exports: a test finds its own records by it. */
  readonly name: string;
  /** `cluster.name`, where several processes are replicas of one. */
  readonly clusterName?: string;
  readonly kubeconfig: string;
  /** Base URL of the OTLP endpoint. */
  readonly endpoint: string;
  /** Node's `--max-old-space-size`: what lives beyond it ends the process. */
  readonly heapMiBMax?: number;
  /** More of the configuration, by section. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** tidings as its own process, as a user runs it: `node src/main.ts run --config FILE`. */
export class TidingsProcess extends LabProcess {
  readonly clusterName: string;
  readonly url: string;

  private constructor(folder: LabFolder, options: TidingsOptions, config: string, port: number) {
    const { name, heapMiBMax } = options;
    const url = `http://127.0.0.1:${port}`;
    super({
      name,
      command: process.execPath,
      args: [
        // As the program's first line has it (docs/adr/0017).
        "--max-semi-space-size=4",
        ...(heapMiBMax === undefined ? [] : [`--max-old-space-size=${heapMiBMax}`]),
        mainFile,
        "run",
        "--config",
        config,
      ],
      folder,
      env: withoutOurs,
      isReady: async () => (await fetch(`${url}/readyz`)).ok,
      readyWithinMs: 30_000,
    });
    this.clusterName = options.clusterName ?? name;
    this.url = url;
  }

  static async create(folder: LabFolder, options: TidingsOptions): Promise<TidingsProcess> {
    const port = await freePort();
    const more = options.config ?? {};
    const config = {
      ...more,
      cluster: { name: options.clusterName ?? options.name, ...more["cluster"] },
      kubernetes: { kubeconfig: options.kubeconfig, ...more["kubernetes"] },
      otlp: { endpoint: options.endpoint, ...more["otlp"] },
      http: { listen: `127.0.0.1:${port}` },
      log: { format: "json", ...more["log"] },
    };
    const path = join(folder.path, `${options.name}.yaml`);
    // JSON, which is YAML.
    await writeFile(path, JSON.stringify(config, undefined, 2));
    return new TidingsProcess(folder, options, path, port);
  }

  /** All that it has written to stderr (and stdout, which stays empty with `output: otlp`). */
  async logText(): Promise<string> {
    return readFile(this.log, "utf8");
  }

  /** Waits until its log matches. */
  async untilLogged(pattern: RegExp, withinMs = 20_000): Promise<string> {
    return until(async () => pattern.exec(await this.logText())?.[0], {
      withinMs,
      explain: () => this.explain(`did not log ${pattern.source}`),
    });
  }

  /** Every sample of `/metrics`, by name with labels as they stand there. */
  async metrics(withinMs = 10_000): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(withinMs) });
    if (!response.ok) throw new Error(`/metrics: HTTP ${response.status}`);
    const samples = (await response.text())
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, number] => {
        const blank = line.lastIndexOf(" ");
        return [line.slice(0, blank), Number(line.slice(blank + 1))];
      });
    return new Map(samples);
  }

  /** Most memory it has held so far, in bytes. */
  async peakMemoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1_024;
  }

  /** SIGTERM, as Kubernetes stops a pod; the exit code. */
  async terminate(): Promise<number | null> {
    await this.kill("SIGTERM");
    return this.ended();
  }
}

/** Sum of a metric over its series. */
export function totalOf(metrics: ReadonlyMap<string, number>, name: string): number {
  let total = 0;
  for (const [sample, value] of metrics) {
    if (sample === name || sample.startsWith(`${name}{`)) total += value;
  }
  return total;
}

/** The lab's own variables begin as those of tidings do, which takes none that it does not know. */
const withoutOurs: Readonly<Record<string, undefined>> = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith("TIDINGS_"))
    .map((name) => [name, undefined]),
);

const mainFile = resolve(import.meta.dirname, "../../src/main.ts");
