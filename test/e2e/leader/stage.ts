import { setTimeout as sleep } from "node:timers/promises";

import type { Random } from "../../../bench/random.ts";
import { until } from "../../lab/until.ts";
import { explainAll } from "./fault-lab.ts";
import type { FaultLab } from "./fault-lab.ts";
import { LedgerStream } from "./ledger-stream.ts";
import type { Replica } from "./replica.ts";
import { WriteLedger } from "./write-ledger.ts";

/** A measured change of leaders. */
export interface MeasuredTakeover {
  /** From the fault to the new holder's `acquireTime`. */
  readonly ledAfterMs: number;
  /** From the fault to the first request of the new leader that the Collector has answered with success. */
  readonly exportedAfterMs: number;
}

/** What a case has to do with what it finds. */
export interface Expectation {
  /** Nobody is killed or cut off: nothing may be there twice. */
  readonly noDuplicates?: boolean;
  /** The oldest state that is there twice was written so long before the fault, at most. */
  readonly windowMsMax?: number;
  /** One replica leads all the time. */
  readonly sameLeader?: boolean;
  /** A `tidings.gap` record with this cause must be there. */
  readonly gap?: string;
  /** Replicas that end by themselves, at most; each with exit code 0. */
  readonly exitsMax?: number;
}

export interface FaultCase {
  readonly name: string;
  /** Not in the short selection, because of its length. */
  readonly isLong?: boolean;
  readonly expected: Expectation;
  readonly run: (stage: Stage) => Promise<void>;
}

/** Where one case plays: the stream of writes under way, and what it sees on the way. */
export class Stage {
  readonly lab: FaultLab;
  readonly random: Random;
  readonly ledger = new WriteLedger();
  readonly namespace: string;
  readonly startMs = Date.now();
  readonly takeovers: MeasuredTakeover[] = [];
  /** What must not be, in words. */
  readonly faults: string[] = [];
  /** For the case's line. */
  readonly remarks: string[] = [];
  readonly #writesPerSecond: number;
  #stream: LedgerStream | undefined;
  #streams = 0;
  #faultMs = 0;

  constructor(lab: FaultLab, random: Random, namespace: string, writesPerSecond: number) {
    this.lab = lab;
    this.random = random;
    this.namespace = namespace;
    this.#writesPerSecond = writesPerSecond;
  }

  /** Events of other names than before. */
  write(): void {
    this.#streams += 1;
    this.#stream = new LedgerStream(this.lab.lab.plane.admin, this.ledger, {
      namespace: this.namespace,
      prefix: `${this.namespace}-${this.#streams}`,
      writesPerSecond: this.#writesPerSecond,
      random: this.random,
    });
  }

  async stopWriting(): Promise<void> {
    await this.#stream?.stop();
    this.#stream = undefined;
  }

  /** For a dead API server: what has no answer is given up. */
  async abandonWriting(): Promise<void> {
    await this.#stream?.abandon();
    this.#stream = undefined;
  }

  /** Now it happens; a later one takes the earlier one's place. */
  markFault(): void {
    this.#faultMs = Date.now();
  }

  /** 0 before the fault. */
  get faultMs(): number {
    return this.#faultMs;
  }

  /** Between these, by chance. */
  async pause(msMin: number, msMax: number): Promise<void> {
    await sleep(msMin + this.random.next() * (msMax - msMin));
  }

  /** Waits until that one leads and exports. */
  async takeover(replica: Replica, withinMs: number): Promise<void> {
    const faultMs = this.#faultMs;
    const { witness, replicas } = this.lab;
    await until(async () => ((await replica.scrape())?.isLeader === true ? true : undefined), {
      withinMs,
      explain: () => explainAll(replicas, `: ${replica.name} does not lead`),
    });
    const acquiredMs = await until(() => witness.takeoversSince(faultMs).at(-1)?.acquiredMs, {
      withinMs: 10_000,
      explain: () => "the Lease does not say who took it",
    });
    const exportedMs = await until(
      () => replica.tap.since(acquiredMs).find(({ status }) => status === 200)?.answeredMs,
      { withinMs: 60_000, explain: () => replica.process.explain("leads and exports nothing") },
    );
    this.takeovers.push({ ledAfterMs: acquiredMs - faultMs, exportedAfterMs: exportedMs - faultMs });
  }

  /** Requests of a replica that has no right to send any. */
  expectSilence(replica: Replica, sinceMs: number, when: string): void {
    const sent = replica.tap.since(sinceMs);
    if (sent.length > 0) this.faults.push(`${replica.name} sent ${sent.length} requests ${when}`);
  }
}
