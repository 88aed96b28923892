import type { Lease, LeaseApi } from "../kubernetes/lease-api.ts";
import type { Runtime } from "../shared/runtime.ts";
import { checkpointAnnotation } from "./checkpoint.ts";
import { momentOf } from "./fence.ts";
import { detailOf, isStatus, requestTimeoutMs, type TakenLease } from "./held-lease.ts";
import type { LeaderOptions } from "./leader-options.ts";
import { carriedOver, heldSpec, isNeverHeld } from "./lease-spec.ts";
import { ObservedLease } from "./observed-lease.ts";

/** What came of one look at the Lease. */
export type Candidacy =
  | { readonly kind: "taken"; readonly taken: TakenLease }
  /** Somebody else's, until `untilMs` (monotonic) at least, unless it is released. */
  | { readonly kind: "held"; readonly holder: string; readonly untilMs: number }
  /** It was free, and somebody else was faster. */
  | { readonly kind: "outrun" }
  /** It is not there, and not ours to create. */
  | { readonly kind: "missing"; readonly detail: string }
  | {
      readonly kind: "failed";
      readonly operation: string;
      readonly detail: string;
      /** It may be ours nevertheless: the answer to our write was lost. */
      readonly doubtful: TakenLease | undefined;
    };

/** Looks at the Lease of another, and takes it once that one's time is over. */
export class Candidate {
  readonly #options: LeaderOptions;
  readonly #leases: LeaseApi;
  readonly #runtime: Runtime;
  readonly #observed = new ObservedLease();
  /** As last read. It outlives the Lease: a holder whose Lease was deleted holds it until its time is over. */
  #seen: Lease | undefined;

  constructor(options: LeaderOptions, leases: LeaseApi, runtime: Runtime) {
    this.#options = options;
    this.#leases = leases;
    this.#runtime = runtime;
  }

  /** How often it has changed hands, as far as was seen. */
  get transitions(): number {
    return this.#seen?.spec.leaseTransitions ?? 0;
  }

  async look(signal: AbortSignal): Promise<Candidacy> {
    const { lease: name, identity } = this.#options;
    const limits = { timeoutMs: requestTimeoutMs(this.#options) };
    const answer = await this.#leases.get(name, limits, signal);
    const nowMs = this.#runtime.monotonicMs();
    if (answer.kind === "ok") {
      const { lease } = answer;
      this.#seen =
        this.#seen !== undefined && isNeverHeld(lease.spec) ? carriedOver(lease, this.#seen) : lease;
      this.#observed.observe(this.#seen.spec, nowMs);
    } else if (!isStatus(answer, 404)) {
      return this.#failed("give", detailOf(answer));
    }
    const { holderIdentity: holder = "" } = this.#seen?.spec ?? {};
    const untilMs = this.#observed.freeAtMs;
    // Our own identity: a write of ours was done although its answer was lost.
    if (holder !== "" && holder !== identity && nowMs < untilMs) return { kind: "held", holder, untilMs };
    return this.#take(answer.kind === "ok", signal);
  }

  async #take(isThere: boolean, signal: AbortSignal): Promise<Candidacy> {
    const { lease: name, identity, leaseDurationMs } = this.#options;
    const seen: Lease = this.#seen ?? { metadata: { ...name, resourceVersion: "" }, spec: {} };
    const limits = { timeoutMs: requestTimeoutMs(this.#options) };
    const sent = momentOf(this.#runtime);
    const spec = heldSpec(seen.spec, identity, leaseDurationMs, sent.wallMs);
    // The checkpoint stays with us even where the Lease was deleted: it says what was delivered, whoever deletes what.
    const checkpoint = seen.metadata.annotations?.[checkpointAnnotation];
    const annotations = checkpoint === undefined ? {} : { [checkpointAnnotation]: checkpoint };
    const answer = isThere
      ? await this.#leases.update({ ...seen, spec }, limits, signal)
      : await this.#leases.create({ metadata: { ...name, annotations }, spec }, limits, signal);

    const renewedBeforeMs = Date.parse(seen.spec.renewTime ?? "") || 0;
    if (answer.kind === "ok") {
      return { kind: "taken", taken: { lease: answer.lease, sent, isCertain: true, renewedBeforeMs } };
    }
    if (answer.kind === "status") {
      if (answer.code === 409 || (answer.code === 404 && isThere)) return { kind: "outrun" };
      if (answer.code === 403 && !isThere) return { kind: "missing", detail: detailOf(answer) };
    }
    const isDoubtful = answer.kind === "network" || answer.code >= 500;
    const doubtful = isDoubtful
      ? { lease: { ...seen, spec }, sent, isCertain: false, renewedBeforeMs }
      : undefined;
    return this.#failed(isThere ? "update" : "create", detailOf(answer), doubtful);
  }

  #failed(operation: string, detail: string, doubtful?: TakenLease): Candidacy {
    const { namespace, name } = this.#options.lease;
    return { kind: "failed", operation: `${operation} the Lease ${namespace}/${name}`, detail, doubtful };
  }
}
