import type { LeaderLoss, Notify } from "../model/notice.ts";
import { assertNever } from "../shared/assert-never.ts";
import { Waiters } from "../shared/waiters.ts";
import { Candidate, type Candidacy } from "./candidate.ts";
import { checkpointAnnotation } from "./checkpoint.ts";
import { HeldLease, type HeldLeaseParts, type TakenLease, type Writing } from "./held-lease.ts";
import type { LeaderOptions } from "./leader-options.ts";

export type { LeaderOptions } from "./leader-options.ts";

export interface LeaderParts extends HeldLeaseParts {
  /** The value of the checkpoint annotation to write now; undefined leaves what stands there. Pulled at each write. */
  readonly checkpoint: () => string | undefined;
  readonly notify: Notify;
  /** The loop turns (health): at least once in `renewDeadlineMs` and `retryPeriodMs` together. */
  readonly beat?: () => void;
}

export interface Leadership {
  /** The fencing token: `leaseTransitions` of our term. */
  readonly transitions: number;
  /** The value of the checkpoint annotation as it stood when the Lease was taken; undefined where there was none. */
  readonly checkpoint: string | undefined;
  /** When the holder before last wrote into the Lease, by its own wall clock in ms; 0 where there was none. */
  readonly renewedBeforeMs: number;
}

export interface LeaderStatus {
  /** Something may be sent now. */
  readonly isLeader: boolean;
  /** Waiting for our turn, and able to take it: the last look at the Lease succeeded. */
  readonly isFollowing: boolean;
  /** How often the Lease has changed hands, as last seen. */
  readonly transitions: number;
  /** ms since a checkpoint was last written; 0 where none was. */
  readonly checkpointAgeMs: number;
  /** Why the last look or renewal failed, if it did. */
  readonly fault: string | undefined;
}

/**
 * - `waiting`: before `run`, or a follower.
 * - `leading`: the Lease is ours, until the fence closes.
 * - `over`: lost, stopped or never had. There is no way back: a process has one term at most.
 */
type State =
  | { readonly kind: "waiting"; readonly isFresh: boolean }
  | { readonly kind: "leading"; readonly held: HeldLease; readonly leadership: Leadership }
  | { readonly kind: "over" };

/** A stop waits no longer for the release. */
const releaseMsMax = 5_000;
/** A follower's period is longer by up to so much of it, by chance, so that many do not ask together. */
const jitter = 0.2;

/**
 * One of several replicas leads, as client-go's leader election decides it, and with what that leaves out: a fence. A
 * leader that cannot be sure of its Lease any more sends nothing, whatever else it is doing, and ends.
 * https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go
 */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #parts: LeaderParts;
  readonly #candidate: Candidate;
  readonly #waiters = new Waiters();
  readonly #lost = new AbortController();
  #state: State = { kind: "waiting", isFresh: false };
  #fault: string | undefined;
  #transitions = 0;
  /** The holder that was last spoken of. */
  #holder = "";

  constructor(options: LeaderOptions, parts: LeaderParts) {
    this.#options = options;
    this.#parts = parts;
    this.#candidate = new Candidate(options, parts.leases, parts.runtime);
  }

  /** Aborts the moment leadership is lost: the deadline is reached, another holds the Lease, time is wrong. Not by a stop. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Until leadership is lost, or `signal` aborts: then the Lease is released with a last checkpoint, if it is ours. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      const taken = await this.#follow(signal);
      if (taken === undefined) return;
      const held = new HeldLease(taken, this.#options, this.#parts);
      if (signal.aborted) await this.#giveBack(held);
      else await this.#lead(held, taken, signal);
    } finally {
      this.#state = { kind: "over" };
      this.#waiters.release();
    }
  }

  /** Resolves when leadership is acquired; undefined when `signal` aborts or `run` ends first. */
  async acquired(signal: AbortSignal): Promise<Leadership | undefined> {
    if (this.#state.kind === "waiting") await this.#waiters.wait(signal);
    return this.#state.kind === "leading" && !signal.aborted ? this.#state.leadership : undefined;
  }

  /** Something may be sent now: the Lease is ours for certain by both clocks. Cheap; asked before every request. */
  mayAct(): boolean {
    if (this.#state.kind !== "leading") return false;
    const { fence } = this.#state.held;
    if (fence.remainingMs() > 0) return true;
    const { renewDeadlineMs } = this.#options;
    const cause = fence.cause();
    const why = this.#fault === undefined ? "" : ` (${this.#fault})`;
    this.#lose(
      cause,
      cause === "deadline"
        ? `the last renewal was more than ${renewDeadlineMs} ms ago${why}`
        : `the wall clock says that the last renewal was more than ${renewDeadlineMs} ms ago, the other clock does not`,
    );
    return false;
  }

  /** For readiness and metrics. */
  status(): LeaderStatus {
    const state = this.#state;
    return {
      isLeader: state.kind === "leading" && state.held.fence.remainingMs() > 0,
      isFollowing: state.kind === "waiting" && state.isFresh,
      transitions: this.#transitions,
      checkpointAgeMs: state.kind === "leading" ? state.held.checkpointAgeMs : 0,
      fault: this.#fault,
    };
  }

  /** Undefined: `signal` aborted first. */
  async #follow(signal: AbortSignal): Promise<TakenLease | undefined> {
    const { runtime, beat } = this.#parts;
    while (!signal.aborted) {
      beat?.();
      const candidacy = await this.#candidate.look(signal);
      if (candidacy.kind === "taken") return candidacy.taken;
      if (signal.aborted) return candidacy.kind === "failed" ? candidacy.doubtful : undefined;

      this.#transitions = this.#candidate.transitions;
      let delayMs = this.#options.retryPeriodMs * (1 + jitter * runtime.random());
      if (candidacy.kind === "held") {
        delayMs = Math.min(delayMs, Math.ceil(candidacy.untilMs - runtime.monotonicMs()));
      }
      this.#tellCandidacy(candidacy, delayMs);
      await runtime.sleep(delayMs, signal);
    }
    return undefined;
  }

  #tellCandidacy(candidacy: Exclude<Candidacy, { readonly kind: "taken" }>, retryInMs: number): void {
    const { notify } = this.#parts;
    this.#fault = candidacy.kind === "failed" || candidacy.kind === "missing" ? candidacy.detail : undefined;
    this.#state = { kind: "waiting", isFresh: this.#fault === undefined };
    switch (candidacy.kind) {
      case "held":
        if (candidacy.holder !== this.#holder) {
          this.#holder = candidacy.holder;
          notify({ kind: "leader_following", lease: this.#lease, holder: candidacy.holder });
        }
        return;
      case "outrun":
        return;
      case "missing":
      case "failed":
        this.#tellFault(candidacy, retryInMs);
        return;
      default:
        assertNever(candidacy);
    }
  }

  async #lead(held: HeldLease, taken: TakenLease, signal: AbortSignal): Promise<void> {
    const { transitions } = held;
    const { lease, renewedBeforeMs } = taken;
    const checkpoint = lease.metadata.annotations?.[checkpointAnnotation];
    this.#state = { kind: "leading", held, leadership: { transitions, checkpoint, renewedBeforeMs } };
    this.#transitions = transitions;
    this.#fault = undefined;
    const { identity } = this.#options;
    this.#parts.notify({ kind: "leader_acquired", lease: this.#lease, identity, transitions });
    this.#waiters.release();

    const term = new AbortController();
    const end = (): void => term.abort();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    this.#lost.signal.addEventListener("abort", end);
    try {
      await Promise.all([this.#watchFence(held, term.signal), this.#renew(held, term.signal)]);
    } finally {
      end();
      signal.removeEventListener("abort", end);
    }
    if (this.#lost.signal.aborted) return;
    // From here on another may take it at any moment.
    this.#state = { kind: "over" };
    if (await this.#giveBack(held)) this.#parts.notify({ kind: "leader_released", lease: this.#lease });
  }

  /** Ends the term when its time is over, whatever else hangs. */
  async #watchFence(held: HeldLease, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.mayAct()) {
      // Not in one go: no timer tells when the wall clock jumps.
      const delayMs = Math.min(Math.ceil(held.fence.remainingMs()), this.#options.retryPeriodMs);
      await this.#parts.runtime.sleep(delayMs, signal);
    }
  }

  async #renew(held: HeldLease, signal: AbortSignal): Promise<void> {
    const { runtime, beat } = this.#parts;
    const { retryPeriodMs } = this.#options;
    let delayMs = retryPeriodMs;
    for (;;) {
      await runtime.sleep(delayMs, signal);
      // After a standstill every timer is due at once, and this one may be the first.
      if (signal.aborted || !this.mayAct()) return;
      beat?.();
      const startedMs = runtime.monotonicMs();
      const writing = await held.renew(signal);
      if (signal.aborted) return;
      delayMs = Math.max(0, retryPeriodMs - (runtime.monotonicMs() - startedMs));
      this.#fault = writing.kind === "written" ? undefined : writing.detail;
      if (writing.kind === "taken") this.#lose("taken", writing.detail);
      else if (writing.kind !== "written") this.#tellFault(writing, delayMs);
    }
  }

  /** True: another can take it at once. */
  async #giveBack(held: HeldLease): Promise<boolean> {
    const { runtime } = this.#parts;
    const { renewDeadlineMs, retryPeriodMs } = this.#options;
    const delayMs = retryPeriodMs / 4;
    using limit = runtime.timeout(Math.min(renewDeadlineMs, releaseMsMax));
    while (!limit.signal.aborted && held.fence.remainingMs() > 0) {
      const writing = await held.release(limit.signal);
      if (writing.kind === "written") return true;
      if (writing.kind === "taken") return false;
      this.#tellFault(writing, delayMs);
      if (writing.kind === "missing") return false;
      await runtime.sleep(delayMs, limit.signal);
    }
    return false;
  }

  #lose(cause: LeaderLoss, detail: string): void {
    this.#state = { kind: "over" };
    this.#parts.notify({ kind: "leader_lost", lease: this.#lease, cause, detail });
    this.#lost.abort();
  }

  #tellFault(fault: Exclude<Writing, { readonly kind: "written" | "taken" }>, retryInMs: number): void {
    const { notify } = this.#parts;
    const { detail } = fault;
    if (fault.kind === "missing") notify({ kind: "lease_missing", lease: this.#lease, detail });
    else
      notify({ kind: "lease_failed", operation: fault.operation, detail, retryInMs: Math.round(retryInMs) });
  }

  get #lease(): string {
    const { namespace, name } = this.#options.lease;
    return `${namespace}/${name}`;
  }
}
