import type { HttpRequest } from "../../src/net/http.ts";
import type { LeaseStore, StoredLease } from "../../src/standin/api-server/lease-store.ts";
import { leaseTextOf, storedLease } from "./lease-hands.ts";
import { leaseBodyOf } from "./oracle/fencing.ts";
import type { Oracle } from "./oracle/oracle.ts";
import type { Seen } from "./oracle/seen.ts";
import type { Verdict } from "./oracle/verdict.ts";
import { Instance, type LeaseTimes, type Servers } from "./replicas.ts";
import type { Scenario, Way } from "./scenario.ts";
import type { Simulator } from "./simulator.ts";

/** What a process gets after SIGTERM, and how long it takes until a container is started anew. */
export const terminationGraceMs = 8000;
export const restartDelayMs = 1000;

/** Each process has one at a time, and a hand that is late has a few. */
const leaseWritesMax = 50;

export interface KubeletParts {
  readonly scenario: Scenario;
  readonly times: LeaseTimes;
  readonly servers: Servers;
  readonly leases: LeaseStore;
  readonly simulator: Simulator;
  readonly oracle: Oracle;
  readonly verdict: Verdict;
  /** One more runs. */
  readonly onStart: (instance: Instance) => void;
}

/** Keeps so many instances of tidings running as there are replicas: who ends is followed by another, with another identity. */
export class Kubelet {
  readonly #parts: KubeletParts;
  /** Those that are not over, in the order of their start. */
  #instances: Instance[] = [];
  #started = 0;
  #isOver = false;
  /** Writes that arrived at the API server, the last of them. */
  readonly #leaseWrites: { readonly by: Seen; readonly request: HttpRequest }[] = [];
  #lease: StoredLease | undefined;

  constructor(parts: KubeletParts) {
    this.#parts = parts;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  start(): void {
    const { scenario, times, simulator, oracle } = this.#parts;
    this.#started += 1;
    const instance: Instance = new Instance(
      this.#started,
      scenario,
      times,
      this.#serversOf(() => instance),
      simulator,
      oracle,
      (ended) => this.#ended(ended),
    );
    this.#instances.push(instance);
    this.#parts.onStart(instance);
  }

  /** That one of those that run, beginning again beyond the last. */
  pick(replica: number): Instance | undefined {
    return this.#instances[replica % Math.max(1, this.#instances.length)];
  }

  /** SIGKILL, or the node is gone. */
  crash(instance: Instance, downMs: number): void {
    instance.crash();
    this.#parts.simulator.trace(`${instance.seen.identity} crashed`);
    this.#replace(instance, downMs);
  }

  /** SIGTERM, and SIGKILL where that is not enough. */
  restart(instance: Instance): void {
    if (instance.isStopping) return;
    instance.stop();
    this.#parts.simulator.schedule(terminationGraceMs, () => {
      if (instance.isAlive) this.crash(instance, restartDelayMs);
    });
  }

  /** Stops them all and starts no more. */
  stopAll(): void {
    this.#isOver = true;
    for (const instance of this.#instances) instance.stop();
  }

  /** What was taken of their writes is seen in what the API server has, whatever it answers. After each happening. */
  lookAtLease(): void {
    const { leases, oracle, verdict } = this.#parts;
    const lease = storedLease(leases);
    if (lease === this.#lease) return;
    this.#lease = lease;
    const spec = JSON.stringify(lease?.spec);
    const write = this.#leaseWrites.findLast(({ request }) => leaseBodyOf(request.body)?.spec === spec);
    const text = leaseTextOf(lease);
    if (write === undefined || text === undefined) verdict.violated("whoever writes the Lease is known: not");
    else oracle.leaseWritten(write.by, write.request, text);
  }

  /** Somebody else than tidings wrote it. */
  leaseTampered(): void {
    this.#lease = storedLease(this.#parts.leases);
    this.#parts.oracle.leaseTampered(leaseTextOf(this.#lease));
  }

  #serversOf(instance: () => Instance): Servers {
    const { servers } = this.#parts;
    return {
      ...servers,
      leases: (request, signal) => {
        if (request.method !== "GET") this.#leaseWrites.push({ by: instance().seen, request });
        if (this.#leaseWrites.length > leaseWritesMax) this.#leaseWrites.shift();
        return servers.leases(request, signal);
      },
    };
  }

  #ended(instance: Instance): void {
    const { oracle, verdict } = this.#parts;
    const { end } = instance;
    if (end?.kind === "failed") {
      const words = end.faults.map(({ component, error }) =>
        error instanceof Error ? `${component}: ${error.stack}` : `${component}: ${String(error)}`,
      );
      verdict.violated(`no part fails: ${words.join("; ")}`);
    }
    oracle.books(instance.seen, instance.ledgers);
    this.#replace(instance, restartDelayMs);
  }

  /** The instance is over; another one starts, unless one is there already. */
  #replace(instance: Instance, delayMs: number): void {
    if (!this.#instances.includes(instance)) return;
    this.#instances = this.#instances.filter((other) => other !== instance);
    const { simulator, scenario } = this.#parts;
    simulator.schedule(delayMs, () => {
      if (this.#instances.length < scenario.replicas && !this.#isOver) this.start();
    });
  }
}

export function waysOf(instance: Instance | undefined, way: Way): readonly Instance["links"]["events"][] {
  if (instance === undefined) return [];
  return way === "all" ? Object.values(instance.links) : [instance.links[way]];
}
