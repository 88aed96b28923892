import { setTimeout as sleep } from "node:timers/promises";

import type { LabFolder } from "../../lab/lab-folder.ts";
import { TcpGate } from "../../lab/tcp-gate.ts";
import { until } from "../../lab/until.ts";
import { TidingsProcess, totalOf } from "../tidings-process.ts";
import type { TidingsOptions } from "../tidings-process.ts";
import { OtlpTap } from "./otlp-tap.ts";

/** One scrape of its `/metrics`. */
export interface Scrape {
  readonly atMs: number;
  readonly pid: number;
  readonly isLeader: boolean;
  readonly isWatching: boolean;
  readonly delivered: number;
  readonly queued: number;
  readonly unsettled: number;
  readonly metrics: ReadonlyMap<string, number>;
}

/** An end that nobody asked for. */
export interface Exit {
  readonly atMs: number;
  /** null: a signal ended it. */
  readonly code: number | null;
}

export interface ReplicaOptions extends Omit<TidingsOptions, "kubeconfig" | "endpoint"> {
  readonly apiPort: number;
  /** Writes a kubeconfig for an API server on that port of 127.0.0.1; its path. */
  readonly kubeconfig: (port: number) => Promise<string>;
  readonly endpoint: string;
}

const scrapeEveryMs = 250;
const restartAfterMs = 500;

/**
 * A replica as a pod is one: its process is started again when it ends by itself. Its way to the API server goes through
 * a gate, its way to the Collector through a tap, and its `/metrics` are read all the time.
 */
export class Replica implements AsyncDisposable {
  readonly name: string;
  readonly process: TidingsProcess;
  readonly gate: TcpGate;
  readonly tap: OtlpTap;
  /** Ends that nobody asked for. */
  readonly exits: Exit[] = [];
  /** Scrapes whose numbers contradict each other. */
  readonly contradictions: string[] = [];
  readonly #closing = new AbortController();
  readonly #scraping: Promise<void>;
  #isWanted = false;
  /** Counts what `start` has begun, so that only the newest of them restarts the process. */
  #lives = 0;
  #scrape: Scrape | undefined;

  private constructor(name: string, process: TidingsProcess, gate: TcpGate, tap: OtlpTap) {
    this.name = name;
    this.process = process;
    this.gate = gate;
    this.tap = tap;
    this.#scraping = this.#runScrapes();
  }

  static async create(folder: LabFolder, options: ReplicaOptions): Promise<Replica> {
    const gate = await TcpGate.start(options.apiPort);
    const tap = await OtlpTap.start(options.endpoint);
    const kubeconfig = await options.kubeconfig(gate.port);
    const process = await TidingsProcess.create(folder, { ...options, kubeconfig, endpoint: tap.url });
    return new Replica(options.name, process, gate, tap);
  }

  /** Undefined where it does not answer. */
  async scrape(withinMs = 1_000): Promise<Scrape | undefined> {
    if (!this.process.isRunning) return undefined;
    try {
      const { pid } = this.process;
      const metrics = await this.process.metrics(withinMs);
      const total = (name: string): number => totalOf(metrics, name);
      const scrape: Scrape = {
        atMs: Date.now(),
        pid,
        isLeader: total("tidings_leader") === 1,
        isWatching: total("tidings_watch_connected") === 1,
        delivered: total("tidings_records_delivered_total"),
        queued: total("tidings_records_queued"),
        unsettled: total("tidings_intake_unsettled"),
        metrics,
      };
      this.contradictions.push(...contradictionsIn(metrics).map((text) => `${this.name}: ${text}`));
      this.#scrape = scrape;
      return scrape;
    } catch {
      return undefined;
    }
  }

  /** The newest answer to a scrape, of this process or of the one before it. */
  get lastScrape(): Scrape | undefined {
    return this.#scrape;
  }

  /** Starts the process, and keeps it up from now on. */
  async start(): Promise<void> {
    this.#isWanted = true;
    this.#lives += 1;
    await this.process.start();
    void this.#restartWhenEnded(this.#lives);
    await this.process.ready();
  }

  /** Waits until it is ready, be it after a restart. */
  async ready(): Promise<void> {
    await until(async () => ((await fetch(`${this.process.url}/readyz`)).ok ? true : undefined), {
      withinMs: 30_000,
      explain: () => this.process.explain("is not ready"),
    });
  }

  /** Ends it, and leaves it ended; its exit code, null where the signal ended it. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    this.#isWanted = false;
    await this.process.kill(signal);
    return this.process.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.#closing.abort();
    this.gate.open();
    await this.process[Symbol.asyncDispose]();
    await this.#scraping;
    await this.tap[Symbol.asyncDispose]();
    await this.gate[Symbol.asyncDispose]();
  }

  async #restartWhenEnded(life: number): Promise<void> {
    const isOver = (): boolean => !this.#isWanted || this.#lives !== life;
    for (;;) {
      const code = await this.process.ended();
      if (isOver()) return;
      this.exits.push({ atMs: Date.now(), code });
      await sleep(restartAfterMs);
      if (isOver()) return;
      await this.process.start();
    }
  }

  async #runScrapes(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.scrape();
      await sleep(scrapeEveryMs);
    }
  }
}

/** Invariant 4 of the architecture, in the words of docs/metrics.md. */
function contradictionsIn(metrics: ReadonlyMap<string, number>): readonly string[] {
  const total = (name: string): number => totalOf(metrics, name);
  const intake = (name: string): number => total(`tidings_intake_${name}_total`);
  const records = (name: string): number => total(`tidings_records_${name}_total`);
  const queued = total("tidings_records_queued");
  return [
    equal(
      "received = filtered + malformed + warmed + accepted",
      intake("received"),
      intake("filtered") + intake("malformed") + intake("warmed") + intake("accepted"),
    ),
    equal(
      "records accepted = intake accepted + produced",
      records("accepted"),
      intake("accepted") + intake("produced"),
    ),
    equal(
      "accepted = delivered + rejected + dropped + queued",
      records("accepted"),
      records("delivered") + records("rejected") + records("dropped") + queued,
    ),
    equal("nothing is rejected", records("rejected"), 0),
    equal("nothing is malformed", intake("malformed"), 0),
  ].filter((text) => text !== undefined);
}

function equal(what: string, left: number, right: number): string | undefined {
  return left === right ? undefined : `${what}: ${left} is not ${right}`;
}
