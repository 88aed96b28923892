/** Replicas that want to lead, each on a machine of its own, and one API server: in virtual time. */
import { createApiClient } from "../../../src/kubernetes/api-client.ts";
import { createLeaseApi, type LeaseApi, type LeaseSpec } from "../../../src/kubernetes/lease-api.ts";
import type { HeldLeaseParts } from "../../../src/leader/held-lease.ts";
import type { LeaderOptions } from "../../../src/leader/leader-options.ts";
import { Leader, type Leadership } from "../../../src/leader/leader.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { HttpRequest } from "../../../src/net/http.ts";
import { createApiServer, type ApiServer } from "../../../src/standin/api-server/handler.ts";
import type { StoredLease } from "../../../src/standin/api-server/lease-store.ts";
import { RevisionLog } from "../../../src/standin/api-server/revision-log.ts";
import { Link } from "../../simulation/link.ts";
import { Machine } from "../../simulation/machine.ts";
import { Simulator } from "../../simulation/simulator.ts";
import { numberedAccess } from "../kubernetes/fake-cluster.ts";

export const leaseName = { namespace: "observability", name: "tidings" };

export const times = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

/** Each way takes up to so long. */
const latencyMsMax = 20;

/** One process: where it runs, its way to the API server, and what it asked. */
export class Process {
  readonly machine: Machine;
  readonly link: Link;
  readonly leases: LeaseApi;
  readonly options: LeaderOptions;
  readonly requests: { readonly atMs: number; readonly request: HttpRequest }[] = [];
  /** What it would write; undefined: nothing yet. */
  checkpoint: string | undefined;

  constructor(world: LeaseWorld, identity: string, changed: Partial<LeaderOptions>) {
    const { simulator } = world;
    this.machine = new Machine(simulator);
    this.link = new Link(identity, world.api.http, this.machine, simulator, latencyMsMax, {
      requested: (request) => this.requests.push({ atMs: simulator.nowMs, request }),
      answered: () => {},
    });
    this.leases = createLeaseApi(createApiClient(this.link.http, numberedAccess(), this.machine.runtime));
    this.options = { lease: leaseName, identity, ...times, ...changed };
  }

  get parts(): HeldLeaseParts {
    return { leases: this.leases, checkpoint: () => this.checkpoint, runtime: this.machine.runtime };
  }

  count(method: HttpRequest["method"]): number {
    return this.requests.filter(({ request }) => request.method === method).length;
  }
}

/** One replica as far as leadership goes. */
export class Replica {
  readonly process: Process;
  readonly leader: Leader;
  readonly notices: Notice[] = [];
  /** When which notice came. */
  readonly noticedAtMs = new Map<Notice["kind"], number>();
  leadership: Leadership | undefined;
  /** `acquired` has resolved. */
  isTold = false;
  lostAtMs: number | undefined;
  endedAtMs: number | undefined;
  beats = 0;
  readonly #stop = new AbortController();

  constructor(world: LeaseWorld, process: Process) {
    const { simulator } = world;
    this.process = process;
    this.leader = new Leader(process.options, {
      ...process.parts,
      notify: (notice) => {
        this.notices.push(notice);
        this.noticedAtMs.set(notice.kind, simulator.nowMs);
        simulator.trace(`${process.options.identity} ${JSON.stringify(notice)}`);
      },
      beat: () => {
        this.beats += 1;
      },
    });
    this.leader.lost.addEventListener("abort", () => {
      this.lostAtMs = simulator.nowMs;
    });
    void this.#run(world);
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined;
  }

  stop(): void {
    this.process.machine.arrive(() => this.#stop.abort());
  }

  kinds(): readonly Notice["kind"][] {
    return this.notices.map(({ kind }) => kind);
  }

  async #run(world: LeaseWorld): Promise<void> {
    try {
      await Promise.all([this.leader.run(this.#stop.signal), this.#wait()]);
    } catch (error) {
      world.bugs.push(error);
    }
    this.endedAtMs = world.simulator.nowMs;
  }

  async #wait(): Promise<void> {
    this.leadership = await this.leader.acquired(this.#stop.signal);
    this.isTold = true;
  }
}

export class LeaseWorld {
  readonly simulator: Simulator;
  readonly log = new RevisionLog({ firstRevision: 500 });
  readonly api: ApiServer;
  readonly bugs: unknown[] = [];

  constructor(seed = 1) {
    this.simulator = new Simulator(seed);
    this.api = createApiServer(this.log, new Machine(this.simulator).runtime);
  }

  /** The Lease as the chart makes it, with what is ours to keep; or as somebody writes it. */
  makeLease(spec: LeaseSpec = {}, annotations: Readonly<Record<string, string>> = {}): void {
    const { namespace, name } = leaseName;
    const labels = { "app.kubernetes.io/managed-by": "Helm" };
    this.api.leases.put(namespace, name, { metadata: { labels, annotations }, spec });
  }

  get lease(): StoredLease | undefined {
    return this.api.leases.get(leaseName.namespace, leaseName.name);
  }

  get holder(): string | undefined {
    return this.lease?.spec.holderIdentity;
  }

  process(identity: string, changed: Partial<LeaderOptions> = {}): Process {
    return new Process(this, identity, changed);
  }

  start(identity: string, changed: Partial<LeaderOptions> = {}): Replica {
    return new Replica(this, this.process(identity, changed));
  }

  /** One that leads already. */
  async startLeader(identity: string): Promise<Replica> {
    const replica = this.start(identity);
    await this.until(() => replica.leader.mayAct());
    return replica;
  }

  /** One that has seen who leads. */
  async startFollower(identity: string): Promise<Replica> {
    const replica = this.start(identity);
    await this.until(() => replica.leader.status().isFollowing);
    return replica;
  }

  get nowMs(): number {
    return this.simulator.nowMs;
  }

  async pass(ms: number): Promise<void> {
    await this.simulator.run(() => false, this.nowMs + ms);
    this.#fail();
  }

  /** Lets time pass until it holds, for an hour at most; gives how long it took. */
  async until(holds: () => boolean): Promise<number> {
    const startedMs = this.nowMs;
    const came = await this.simulator.run(holds, startedMs + 3_600_000);
    this.#fail();
    if (!came) throw new Error(`It never came:\n${this.simulator.story.slice(-40).join("\n")}`);
    return this.nowMs - startedMs;
  }

  /** Lets an answer be awaited for which time has to pass. */
  async answered<Answer>(asked: Promise<Answer>): Promise<Answer> {
    let isAnswered = false;
    const end = (): void => {
      isAnswered = true;
    };
    asked.then(end, end);
    await this.until(() => isAnswered);
    return asked;
  }

  #fail(): void {
    if (this.bugs.length > 0) throw new Error("A replica failed", { cause: this.bugs[0] });
  }
}
