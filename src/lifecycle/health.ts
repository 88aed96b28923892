import type { Notice } from "../model/notice.ts";
import type { Runtime } from "../shared/runtime.ts";

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What is so, for people; "" where the name says all. */
  readonly detail: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: readonly HealthCheck[];
}

/** One loop's sign of life. */
export interface Heartbeat {
  /** "I turn": from now the loop has its deadline again. */
  readonly beat: () => void;
  /** "I wait for input and may wait for long": no deadline until the next beat. */
  readonly rest: () => void;
}

/** Whether another replica leads, so that this one has nothing to read; or why that cannot be told. */
export interface Following {
  readonly isFollowing: boolean;
  readonly fault: string | undefined;
}

interface Loop {
  readonly deadlineMs: number;
  /** undefined while it rests. */
  beatMs: number | undefined;
}

/**
 * What the kubelet's three probes ask.
 *
 * - startup: the configuration is checked and the API server was asked for the first time, whatever it answered.
 * - live: every loop turned within its deadline. Says nothing of the API server or the endpoint: restarting tidings
 *   mends neither, and a restart in an outage loses what is queued.
 * - ready: able to do its part, which is reading the cluster's Events, or waiting for its turn to. An endpoint that is down makes tidings buffer
 *   and say so, not unready.
 */
export class Health {
  readonly #runtime: Pick<Runtime, "monotonicMs">;
  readonly #eventsRead: () => number;
  readonly #loops = new Map<string, Loop>();
  #configurationChecked = false;
  #apiServerAsked = false;
  #sourceFault: string | undefined = "the API server has not answered yet";
  #eventsReadAtFault = 0;
  #following: () => Following = () => ({ isFollowing: false, fault: undefined });
  #stopping = false;

  /**
   * `eventsRead`: how many Events the source has given so far. A list that is held back by a full queue says nothing
   * until it is finished, and must not look like a source that cannot read.
   */
  constructor(runtime: Pick<Runtime, "monotonicMs">, eventsRead: () => number) {
    this.#runtime = runtime;
    this.#eventsRead = eventsRead;
  }

  /** Registers a loop, which has to beat at least every `deadlineMs`. A name registered again begins anew. */
  loop(name: string, deadlineMs: number): Heartbeat {
    const loop: Loop = { deadlineMs, beatMs: this.#runtime.monotonicMs() };
    this.#loops.set(name, loop);
    return {
      beat: () => {
        loop.beatMs = this.#runtime.monotonicMs();
      },
      rest: () => {
        loop.beatMs = undefined;
      },
    };
  }

  /** Where one of several replicas leads: how to find out that this one waits for its turn. */
  follows(following: () => Following): void {
    this.#following = following;
  }

  configurationChecked(): void {
    this.#configurationChecked = true;
  }

  /** How the source fares is known from what it says. */
  readonly observe = (notice: Notice): void => {
    const { kind } = notice;
    if (kind === "stopping") this.#stopping = true;
    if (kind === "list_started" || kind === "leader_following" || kind.startsWith("lease_")) {
      this.#apiServerAsked = true;
    }
    if (kind === "list_finished" || kind === "watch_started") {
      this.#apiServerAsked = true;
      this.#sourceFault = undefined;
    }
    if (kind === "api_server_failed" || kind === "permission_missing" || kind === "credentials_refused") {
      this.#apiServerAsked = true;
      this.#sourceFault = notice.detail;
      this.#eventsReadAtFault = this.#eventsRead();
    }
  };

  startup(): HealthReport {
    return report([
      { name: "configuration", ok: this.#configurationChecked, detail: "" },
      { name: "api-server-asked", ok: this.#apiServerAsked, detail: "" },
    ]);
  }

  live(): HealthReport {
    const nowMs = this.#runtime.monotonicMs();
    return report(Array.from(this.#loops, ([name, loop]) => checkLoop(name, loop, nowMs)));
  }

  ready(): HealthReport {
    return report([this.#sourceCheck(), { name: "not-stopping", ok: !this.#stopping, detail: "" }]);
  }

  #sourceCheck(): HealthCheck {
    const { isFollowing, fault } = this.#following();
    const name = "source";
    if (isFollowing) return { name, ok: true, detail: "another replica leads; ready to take over" };
    if (fault !== undefined) return { name, ok: false, detail: fault };
    const sourceFault = this.#eventsRead() > this.#eventsReadAtFault ? undefined : this.#sourceFault;
    return { name, ok: sourceFault === undefined, detail: sourceFault ?? "" };
  }
}

function checkLoop(name: string, loop: Loop, nowMs: number): HealthCheck {
  if (loop.beatMs === undefined) return { name, ok: true, detail: "waits for input" };
  const silentMs = nowMs - loop.beatMs;
  const seconds = (silentMs / 1000).toFixed(1);
  const ok = silentMs <= loop.deadlineMs;
  const detail = `last turn ${seconds} s ago, at most ${loop.deadlineMs / 1000} s allowed`;
  return { name, ok, detail };
}

function report(checks: readonly HealthCheck[]): HealthReport {
  return { ok: checks.every((check) => check.ok), checks };
}
