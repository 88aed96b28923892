import { createDelivery } from "../../src/delivery/delivery.ts";
import { fencedHttp } from "../../src/delivery/fenced-http.ts";
import { runAll, type Component, type RunEnd } from "../../src/lifecycle/run-all.ts";
import type { Ledgers } from "../../src/model/ledger.ts";
import type { Notice } from "../../src/model/notice.ts";
import type { Http } from "../../src/net/http.ts";
import { createProcessor, processorDefaults, type Processor } from "../../src/processor/processor.ts";
import { createReplica } from "../../src/replica.ts";
import { eventSourceDefaults } from "../../src/source/event-source.ts";
import { createAuthority } from "../../src/standin/certificate.ts";
import { leaseName } from "./lease-hands.ts";
import { Link, type LinkObserver } from "./link.ts";
import { Machine, startWallMs } from "./machine.ts";
import type { Oracle, Peer } from "./oracle/oracle.ts";
import type { Seen } from "./oracle/seen.ts";
import type { Scenario } from "./scenario.ts";
import type { Simulator } from "./simulator.ts";

/** Who serves a request of one of the three ways. */
export type Servers = Readonly<Record<Peer, Http>>;

export interface LeaseTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** For the drain of a stop. */
export const gracePeriodMs = 5000;

/** What stands in for the cluster's uid where kube-system may not be read. */
const authority = createAuthority({
  commonName: "simulation",
  validFromMs: startWallMs,
  validToMs: startWallMs + 365 * 86_400_000,
});

const access = {
  origin: "",
  tls: () => Promise.resolve({ ca: authority.caPem }),
  proxyUrl: undefined,
  authorization: () => Promise.resolve({}),
  refreshAuthorization: () => Promise.resolve(),
  describes: "simulation",
};

/** One process: the whole of `src/replica.ts` on a machine of its own, and the oracle looking over its shoulder. */
export class Instance {
  readonly seen: Seen;
  readonly machine: Machine;
  readonly links: Readonly<Record<Peer, Link>>;
  readonly ledgers: Ledgers;
  /** It ended by itself, or after a stop; undefined while it runs, and for ever where it crashed. */
  end: RunEnd | undefined;
  /** SIGTERM was sent. */
  isStopping = false;
  /** Of the last watch that it opened. */
  watchedFrom: string | undefined;
  readonly #stop = new AbortController();
  readonly #simulator: Simulator;

  constructor(
    ordinal: number,
    scenario: Scenario,
    times: LeaseTimes,
    servers: Servers,
    simulator: Simulator,
    oracle: Oracle,
    onEnd: (instance: Instance) => void,
  ) {
    this.#simulator = simulator;
    const identity = `tidings-${ordinal}`;
    const seen = oracle.join(ordinal, identity);
    this.seen = seen;
    const machine = new Machine(simulator);
    this.machine = machine;
    const { runtime } = machine;
    simulator.trace(`${identity} starts`);

    const link = (peer: Peer): Link => {
      const observer: LinkObserver = {
        requested: (request) => oracle.requested(seen, peer, request, simulator.nowMs),
        answered: (request, status) => {
          if (peer === "backend") oracle.answered(seen, request, status);
        },
      };
      const name = `${identity} ${peer}`;
      return new Link(name, servers[peer], machine, simulator, scenario.latencyMsMax, observer);
    };
    this.links = { events: link("events"), leases: link("leases"), backend: link("backend") };

    const { startFrom, heldBytesMax, requestsInFlightMax, queueBytesMax } = scenario;
    const notify = (notice: Notice): void => {
      simulator.trace(`${identity} ${JSON.stringify(notice)}`);
      if (notice.kind === "watch_started") this.watchedFrom = notice.resourceVersion;
      oracle.notice(seen, notice);
    };
    const processor = createProcessor({
      ...processorDefaults,
      baselinesMax: scenario.baselinesMax,
    });
    const replica = createReplica(
      {
        userAgent: identity,
        // Nothing of the replica stands on a record; here it does, to tell whose it is.
        serviceName: identity,
        clusterName: "",
        eventTtlMs: scenario.eventTtlMs,
        openMax: 65_536,
        source: {
          ...eventSourceDefaults,
          startFrom,
          pageSize: 25,
          heldBytesMax,
          watchSecondsMin: 20,
          watchSecondsMax: 40,
          silentMsMax: 15_000,
        },
        leader: { lease: leaseName, identity, ...times },
        gracePeriodMs,
      },
      {
        http: { events: this.links.events.http, leases: this.links.leases.http },
        access,
        processor: watched(processor, seen, oracle),
        outlet: (hooks) => {
          const delivery = createDelivery(
            {
              request: { path: "/v1/logs", timeoutMs: 10_000, userAgent: "simulation" },
              dialect: "otlp",
              queue: { bytesMax: queueBytesMax },
              batch: { recordsMax: 20, bytesMax: 1024 * 1024, delayMs: 200 },
              requestsInFlightMax,
              retry: {
                delayMsInitial: 500,
                delayMsMax: 15_000,
                heldDelayMs: 15_000,
                serverErrorMsMax: 20_000,
              },
            },
            {
              http: fencedHttp(this.links.backend.http, hooks.mayAct),
              compress: undefined,
              headers: () => Promise.resolve({}),
              runtime,
              notify,
              settled: (frames) => {
                oracle.settled(seen, frames);
                hooks.settled(frames);
              },
            },
          );
          return {
            push: (frames) => {
              oracle.pushed(seen, frames);
              delivery.push(frames);
            },
            hasRoom: (signal) => delivery.hasRoom(signal),
            run: (signal) => delivery.run(signal),
            drain: (signal) => delivery.drain(signal),
            ledger: () => delivery.ledger(),
          };
        },
        count: nothing,
        runtime,
        notify,
        beats: { source: { beat: nothing, rest: nothing }, leader: { beat: nothing } },
      },
    );
    this.ledgers = replica.ledgers;
    seen.ledgers = replica.ledgers;
    void this.#runs(replica.components, onEnd);
  }

  get isAlive(): boolean {
    return this.end === undefined && !this.machine.hasCrashed;
  }

  async #runs(components: readonly Component[], onEnd: (instance: Instance) => void): Promise<void> {
    this.end = await runAll(components, this.#stop.signal, this.machine.runtime);
    this.#simulator.trace(`${this.seen.identity} ended: ${this.end.kind}`);
    onEnd(this);
  }

  /** SIGTERM. */
  stop(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.machine.arrive(() => {
      this.seen.stoppedAtMs = this.#simulator.nowMs;
      this.#stop.abort("SIGTERM");
    });
  }

  /** SIGKILL. */
  crash(): void {
    this.machine.crash();
    for (const link of Object.values(this.links)) link.dropped();
  }
}

function watched(processor: Processor, seen: Seen, oracle: Oracle): Processor {
  return {
    ...processor,
    accept(item, atMs) {
      const output = processor.accept(item, atMs);
      oracle.given(seen, item, output);
      return output;
    },
  };
}

const nothing = (): void => {};
