import { createApiServer, type ApiServer } from "../../src/standin/api-server/handler.ts";
import { createOtlpReceiver, type OtlpReceiver } from "../../src/standin/otlp-receiver.ts";
import { Cluster } from "./cluster.ts";
import { Kubelet, restartDelayMs, terminationGraceMs, waysOf } from "./kubelet.ts";
import { tamper } from "./lease-hands.ts";
import type { Condition } from "./link.ts";
import { Oracle } from "./oracle/oracle.ts";
import { Verdict } from "./oracle/verdict.ts";
import { gracePeriodMs, type Instance, type LeaseTimes } from "./replicas.ts";
import { crashedMsMax, type Happening, type Scenario, type Way } from "./scenario.ts";
import { Simulator } from "./simulator.ts";

export interface SimulationResult {
  /** What did not hold; empty when all did. */
  readonly violations: readonly string[];
  /** Equal for equal scenarios. */
  readonly traceHash: string;
  readonly story: readonly string[];
  readonly happenings: number;
}

/** Virtual time that the world has to come to rest in, once its faults have stopped. */
const restMsMax = 600_000;
const leaseTimes: Readonly<Record<Scenario["lease"], LeaseTimes>> = {
  default: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  short: { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 400 },
};

/** Puts one to three replicas through a scenario, lets the faults stop, waits for rest, and says what did not hold. */
export async function simulate(scenario: Scenario): Promise<SimulationResult> {
  const world = new World(scenario);
  await world.run();
  const { simulator, verdict } = world;
  return {
    violations: verdict.violations,
    traceHash: simulator.traceHash(),
    story: simulator.story,
    happenings: simulator.happened,
  };
}

/**
 * The real code of some replicas (`src/replica.ts`), each on its own machine, between a stand-in API server and a stand-in
 * backend, in virtual time; a kubelet that starts each anew when it ended; and whoever lays hands on all of them.
 */
class World {
  readonly simulator: Simulator;
  readonly verdict: Verdict;
  readonly #scenario: Scenario;
  readonly #times: LeaseTimes;
  readonly #cluster: Cluster;
  readonly #apiServer: ApiServer;
  readonly #backend: OtlpReceiver;
  readonly #oracle: Oracle;
  readonly #kubelet: Kubelet;
  /** For so many reasons etcd is away, and nobody can write anything. */
  #outages = 0;
  /** Undoes the faults that end by themselves. */
  readonly #faults = new Set<() => void>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const simulator = new Simulator(scenario.seed);
    this.simulator = simulator;
    this.verdict = new Verdict(simulator);
    this.#times = leaseTimes[scenario.lease];
    this.#cluster = new Cluster(scenario.eventTtlMs, () => simulator.nowMs, simulator.random);
    this.#oracle = new Oracle(this.verdict, this.#cluster, () => simulator.nowMs, {
      ...scenario,
      gracePeriodMs,
      isSilenced: scenario.steps.some((step) => step.kind === "api_fault" && step.fault.kind === "silence"),
      renewDeadlineMs: this.#times.renewDeadlineMs,
      remembersAll: scenario.baselinesMax > 1000,
      clocksAreTrue: scenario.steps.every(({ kind }) => kind !== "clock"),
    });
    for (let index = 0; index < scenario.stored; index += 1) {
      this.#cluster.put(index % 3, `stored-${index}`, 1 + (index % 3), false);
    }
    const runtime = simulator.runtime();
    this.#apiServer = createApiServer(this.#cluster.log, runtime, { chunkBytes: 4096 });
    if (!scenario.mayReadNamespace) {
      this.#apiServer.inject({ kind: "forbid", permission: "get namespaces" });
    }
    this.#backend = createOtlpReceiver(runtime, { onRecords: (records) => this.#oracle.stored(records) });
    this.#kubelet = new Kubelet({
      scenario,
      times: this.#times,
      servers: {
        events: (request, signal) => this.#apiServer.http(request, signal),
        leases: (request, signal) => this.#apiServer.http(request, signal),
        backend: (request, signal) => this.#backend.http(request, signal),
      },
      leases: this.#apiServer.leases,
      simulator,
      oracle: this.#oracle,
      verdict: this.verdict,
      onStart: ({ links }) => {
        if (!this.#isDown) return;
        links.events.become("refused");
        links.leases.become("refused");
      },
    });
    simulator.afterEach = () => {
      this.#kubelet.lookAtLease();
      for (const { machine, seen, ledgers } of this.#kubelet.instances) {
        if (!machine.touched) continue;
        machine.touched = false;
        this.#oracle.books(seen, ledgers);
      }
    };
  }

  async run(): Promise<void> {
    const { simulator } = this;
    const { startFrom, early, steps, replicas } = this.#scenario;
    for (let index = 0; index < replicas; index += 1) this.#kubelet.start();
    if (startFrom === "now" || !early) {
      // Past the start, so that what the scenario adds is new to `startFrom: now` as well.
      const hasStarted = (): boolean =>
        this.#kubelet.instances.some(({ watchedFrom }) => watchedFrom !== undefined);
      if (!(await simulator.run(hasStarted, restMsMax))) this.verdict.violated("it starts: not");
      // Times have whole seconds: one that begins in the second of the start could be from before it.
      await simulator.run(() => false, simulator.nowMs + 1000);
    }

    for (const step of steps) {
      await simulator.run(() => false, simulator.nowMs + step.afterMs);
      simulator.trace(`step ${JSON.stringify(step)}`);
      this.#happens(step);
    }
    await this.#comesToRest();
    await this.#stops();
    this.#judge();
  }

  #happens(step: Happening): void {
    switch (step.kind) {
      case "put":
        if (this.#isDown) return;
        this.#cluster.put(step.namespace, `event-${step.event}`, step.occurrences, step.anew);
        return;
      case "burst":
        if (this.#isDown) return;
        for (let index = 0; index < step.count; index += 1) this.#cluster.putNew(step.namespace);
        return;
      case "expire":
        if (!this.#isDown) this.#cluster.expire(step.count);
        return;
      case "remove":
        if (!this.#isDown) this.#cluster.removeByHand(step.count);
        return;
      case "skip":
        if (!this.#isDown) this.#cluster.log.skip(step.revisions);
        return;
      case "compact":
        if (!this.#isDown) this.#cluster.compact(step.keep);
        return;
      case "restore":
        if (!this.#isDown) this.#restore(step.back, step.bump || !this.#isTold() ? 1000 : 0, step.downMs);
        return;
      case "api_fault":
        this.#apiServer.inject(step.fault);
        return;
      case "backend_fault":
        this.#oracle.mayRefuseAny ||= step.fault.kind === "partial_success";
        this.#backend.inject(step.fault);
        return;
      case "outage":
        if (step.of === "api") this.#apiServerDown(step.forMs);
        else this.#becomes(this.#kubelet.instances, "backend", "refused", step.forMs);
        return;
      case "lease":
        if (this.#isDown) return;
        tamper(this.#apiServer.leases, step.deed);
        this.#kubelet.leaseTampered();
        return;
      case "crash": {
        const instance = this.#kubelet.pick(step.replica);
        if (instance !== undefined) this.#kubelet.crash(instance, step.downMs);
        return;
      }
      case "restart": {
        const instance = this.#kubelet.pick(step.replica);
        if (instance === undefined || instance.isStopping) return;
        this.#kubelet.restart(instance);
        if (step.surge) this.#kubelet.start();
        return;
      }
      case "pause": {
        const instance = this.#kubelet.pick(step.replica);
        if (instance === undefined) return;
        const { machine } = instance;
        if (step.how === "stop") machine.stop();
        else machine.suspend();
        instance.seen.wasSuspended ||= step.how === "suspend";
        this.#until(step.forMs, () => machine.resume());
        return;
      }
      case "clock": {
        const instance = this.#kubelet.pick(step.replica);
        instance?.machine.setWallClock(step.byMs);
        if (instance !== undefined && step.byMs < 0) instance.seen.clockWasSetBack = true;
        return;
      }
      case "partition": {
        const instance = this.#kubelet.pick(step.replica);
        if (instance !== undefined) this.#becomes([instance], step.way, step.how, step.forMs);
        return;
      }
      case "lose_answers": {
        const instance = this.#kubelet.pick(step.replica);
        for (const link of waysOf(instance, step.way)) link.answersToLose += step.count;
        return;
      }
    }
  }

  #becomes(instances: readonly Instance[], way: Way, how: Exclude<Condition, "up">, forMs: number): void {
    for (const instance of instances) {
      for (const link of waysOf(instance, way)) {
        link.become(how);
        this.#until(forMs, () => {
          // A longer outage may have begun meanwhile.
          if (link.condition === how) link.become("up");
        });
      }
    }
  }

  get #isDown(): boolean {
    return this.#outages > 0;
  }

  #apiServerDown(forMs: number): void {
    this.#outages += 1;
    for (const { links } of this.#kubelet.instances) {
      links.events.become("refused");
      links.leases.become("refused");
    }
    this.#until(forMs, () => {
      this.#outages -= 1;
      if (this.#isDown) return;
      for (const { links } of this.#kubelet.instances) {
        links.events.become("up");
        links.leases.become("up");
      }
    });
  }

  /**
   * The Lease says of some Event when it was written. Without one, and without a list of everything, nothing in the world
   * tells a history that has grown past our position from ours (docs/adr/0020).
   */
  #isTold(): boolean {
    return this.#oracle.fencing.standing?.includes('"written"') === true;
  }

  #restore(back: number, bump: number, downMs: number): void {
    // The API server restarts with its etcd, which breaks what is open.
    this.#apiServerDown(downMs);
    this.#cluster.restore(back, bump);
    this.#oracle.sumsMayDiffer = true;
    this.#kubelet.leaseTampered();
  }

  /** Undoes a fault after some time, or when the faults stop. */
  #until(forMs: number, undo: () => void): void {
    const once = (): void => {
      if (this.#faults.delete(once)) undo();
    };
    this.#faults.add(once);
    this.simulator.schedule(forMs, once);
  }

  #faultsStop(): void {
    for (const undo of this.#faults) undo();
    this.#apiServer.recover();
    this.#apiServer.inject({ kind: "speak" });
    this.#apiServer.inject({ kind: "dribble", bytes: 0, delayMs: 0 });
    this.#backend.recover();
    for (const { links } of this.#kubelet.instances) {
      for (const link of Object.values(links)) {
        link.answersToLose = 0;
        link.become("up");
      }
    }
    this.simulator.trace("faults stop");
  }

  async #comesToRest(): Promise<void> {
    const { simulator } = this;
    this.#faultsStop();
    const { leaseDurationMs, retryPeriodMs } = this.#times;
    // A stop ends, a node that crashed is back, the Lease of a dead holder runs out, some looks later it is taken.
    const comesBackMs = Math.max(terminationGraceMs + restartDelayMs, crashedMsMax);
    const leaderMsMax = comesBackMs + leaseDurationMs + 5 * retryPeriodMs;
    if (!(await simulator.run(() => this.#kubelet.instances.some(leads), simulator.nowMs + leaderMsMax))) {
      this.verdict.violated(`somebody leads: nobody after ${leaderMsMax} ms`);
    }
    const isAtRest = (): boolean => {
      const leader = this.#kubelet.instances.find(leads);
      if (leader === undefined || leader.ledgers.delivery().queued > 0) return false;
      const { unsettled } = leader.ledgers.leader();
      return unsettled === 0 && this.#oracle.debts.missing().length === 0;
    };
    if (!(await simulator.run(isAtRest, simulator.nowMs + restMsMax))) {
      const missing = this.#oracle.debts
        .missing()
        .map(({ ordinal, revision }) => `${ordinal} at ${revision}`);
      this.verdict.violated(
        `complete: ${missing.length} states are missing (${missing.slice(0, 5).join(", ")}), or not at rest`,
      );
    }
    // Nothing more may come of it.
    await simulator.run(() => false, simulator.nowMs + 5000);
  }

  async #stops(): Promise<void> {
    this.#kubelet.stopAll();
    const limitMs = this.simulator.nowMs + terminationGraceMs;
    if (!(await this.simulator.run(() => this.#kubelet.instances.length === 0, limitMs))) {
      this.verdict.violated(
        `all stop: ${this.#kubelet.instances.map(({ seen }) => seen.identity).join(", ")} did not`,
      );
    }
    // What they hung up on hears of it.
    await this.simulator.run(() => false, this.simulator.nowMs + 1000);
  }

  #judge(): void {
    const { startFrom } = this.#scenario;
    if (!this.#oracle.sumsMayDiffer && startFrom === "stored")
      this.#oracle.occurrences.addUp(this.#oracle.records);
    if (this.#apiServer.openWatches > 0) this.verdict.violated("nothing stays open: a watch does");
  }
}

function leads(instance: Instance): boolean {
  return instance.ledgers.leader().isLeader;
}
