import type { Notify } from "../model/notice.ts";
import { Backoff, type BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import { noticeOfFailure, retryAfterMsOf, type SourceFailure } from "./failure.ts";

/** A pause before `next`. */
export interface Wait<Next> {
  readonly kind: "wait";
  readonly delayMs: number;
  readonly next: Next;
}

/** When the API server is asked again (docs/adr/0015 says what resets it). */
export class Pace {
  readonly #backoff: Backoff;
  readonly #notify: Notify;

  constructor(policy: BackoffPolicy, runtime: Pick<Runtime, "random">, notify: Notify) {
    this.#backoff = new Backoff(policy, runtime);
    this.#notify = notify;
  }

  reset(): void {
    this.#backoff.reset();
  }

  /** Again at once after a good time, later and later after that. A cut connection is no failure worth a word. */
  later<Next>(next: Next): Next | Wait<Next> {
    const first = this.#backoff.attempt === 0;
    const delayMs = this.#backoff.nextDelayMs();
    return first ? next : { kind: "wait", delayMs, next };
  }

  /** Says what failed, and waits as long as the server wants at least. */
  afterFailure<Next>(verb: "list" | "watch", failure: SourceFailure, next: Next): Wait<Next> {
    // A 403 too: an API server that has just started answers so until it knows its roles.
    const delayMs = Math.round(Math.max(this.#backoff.nextDelayMs(), retryAfterMsOf(failure)));
    this.#notify(noticeOfFailure(verb, failure, delayMs));
    return { kind: "wait", delayMs, next };
  }
}
