import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { KubeApi } from "../../lab/kube-api.ts";

/** The Lease as it stood at one moment. */
export interface SeenLease {
  readonly seenMs: number;
  /** "" where nobody holds it. */
  readonly holder: string;
  /** When the holder took it, in ms, by its own word. */
  readonly acquiredMs: number;
  readonly transitions: number;
  /** Of the checkpoint in it; undefined where there is none that could be read. */
  readonly acknowledged: bigint | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A change of the holder. */
export interface SeenTakeover {
  readonly acquiredMs: number;
  /** From where the new holder went on; undefined where it had nothing to go by. */
  readonly from: bigint | undefined;
}

const pollMs = 200;
/** An API server without etcd answers late or never. */
const answerMs = 2_000;
/** Two hours of renewals. */
const seenMax = 4_000;

export const leasePath = "/apis/coordination.k8s.io/v1/namespaces/tidings/leases/tidings";

/** Looks at the Lease all the time, as a stranger does: what it says of leadership is not tidings' own word. */
export class LeaseWitness implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly #seen: SeenLease[] = [];

  constructor(options: ConstructorParameters<typeof KubeApi>[0]) {
    this.#api = new KubeApi(options);
    this.#running = this.#run();
  }

  get newest(): SeenLease | undefined {
    return this.#seen.at(-1);
  }

  /** Who took it since then, oldest first. */
  takeoversSince(sinceMs: number): readonly SeenTakeover[] {
    return this.#seen.flatMap((now, index) => {
      const before = this.#seen[index - 1];
      const isTakeover =
        now.seenMs >= sinceMs &&
        now.holder !== "" &&
        (now.holder !== before?.holder || now.acquiredMs !== before.acquiredMs);
      if (!isTakeover) return [];
      // Whichever is older: between two looks the new holder may have written its own first one.
      const positions = [before?.acknowledged, now.acknowledged].filter((one) => one !== undefined);
      const from = now.acknowledged === undefined ? undefined : positions.toSorted(ascending)[0];
      return [{ acquiredMs: now.acquiredMs, from }];
    });
  }

  /** Everything that it said since then. */
  since(sinceMs: number): readonly SeenLease[] {
    return this.#seen.filter(({ seenMs }) => seenMs >= sinceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#api[Symbol.dispose]();
    await this.#running;
  }

  async #run(): Promise<void> {
    let last = "";
    while (!this.#stopping.signal.aborted) {
      const look = this.#api.get(leasePath).catch(() => undefined);
      const answer = await Promise.race([look, sleep(answerMs, undefined, { ref: false })]);
      const lease = leaseSchema.safeParse(answer);
      if (lease.success && lease.data.metadata.resourceVersion !== last) {
        last = lease.data.metadata.resourceVersion;
        this.#seen.push(seenOf(lease.data));
        if (this.#seen.length > seenMax) this.#seen.splice(0, seenMax / 2);
      }
      await sleep(pollMs);
    }
  }
}

function seenOf({ metadata: { annotations }, spec }: z.infer<typeof leaseSchema>): SeenLease {
  return {
    seenMs: Date.now(),
    holder: spec.holderIdentity,
    acquiredMs: Date.parse(spec.acquireTime),
    transitions: spec.leaseTransitions,
    acknowledged: acknowledgedOf(annotations["tidings/checkpoint"]),
    annotations,
  };
}

function acknowledgedOf(checkpoint: string | undefined): bigint | undefined {
  if (checkpoint === undefined) return undefined;
  try {
    return BigInt(checkpointSchema.parse(JSON.parse(checkpoint)).acknowledged["*"]);
  } catch {
    return undefined;
  }
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const checkpointSchema = z.object({ acknowledged: z.object({ "*": z.string() }) });

const leaseSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .object({
      holderIdentity: z.string().default(""),
      acquireTime: z.string().default(""),
      leaseTransitions: z.number().default(0),
    })
    .prefault({}),
});
