import type { EventsApi } from "../kubernetes/events-api.ts";
import type { KubernetesEvent, ObjectMeta } from "../model/kubernetes-event.ts";
import { compareResourceVersions } from "../model/resource-version.ts";
import { writeTimeMs } from "../model/write-time.ts";
import { decodeList } from "./decode.ts";
import type { SourceFailure } from "./failure.ts";

/** What the API server says to our position. `resourceVersion`: the cluster's newest. */
export type Probe =
  /** Nothing speaks against it. */
  | { readonly kind: "current"; readonly resourceVersion: string }
  /** It lies in the future: the history was replaced by an older one, and a watch from it hangs silently for ever. */
  | { readonly kind: "rewound"; readonly resourceVersion: string }
  /** It lies in the past, but not in ours: the older history has grown past it. */
  | { readonly kind: "rewritten"; readonly resourceVersion: string; readonly detail: string }
  | { readonly kind: "failed"; readonly failure: SourceFailure };

/** Why a listed Event at or below our position cannot be of our history; undefined where it can. */
export type Judge = (event: KubernetesEvent) => string | undefined;

/** The clocks of one cluster's API servers differ by less; what was written so much later is of another time. */
const skewMsMax = 10_000;

/**
 * Tells another history of the cluster from the one that was read: an etcd that was restored from a snapshot gives its
 * resourceVersions out a second time, and nothing in a watch shows it. What is proof:
 *
 * - The newest resourceVersion lies before our position. It never falls within one history.
 * - An Event's resourceVersion is the revision at which etcd wrote its key. So in our history the state at exactly that
 *   revision holds that key, with that uid and that resourceVersion, whatever became of it later. Another answer is
 *   another history's. (410 is none: that revision is compacted away.)
 * - An Event that is listed with an older resourceVersion than it was read with: a key's never falls either.
 * - An Event at or below our position that was written after everything that we had read up to there. Its time is the
 *   API server's own; the bound is generous because several of them have several clocks.
 *
 * No proof is also possible: a history that was replaced between the last Event read and a removal after it, and has
 * grown past that, looks like ours.
 */
export class History {
  readonly #api: EventsApi;
  readonly #onBytes: (bytes: number) => void;
  /** The last Event that a watch brought: its order is that of the resourceVersions. */
  #last: ObjectMeta | undefined;
  #writtenMs: number;

  /** `writtenMs`: the newest write time that somebody has seen before us; 0 where unknown. */
  constructor(api: EventsApi, writtenMs: number, onBytes: (bytes: number) => void) {
    this.#api = api;
    this.#writtenMs = writtenMs;
    this.#onBytes = onBytes;
  }

  /** The newest write time known of this history, ms; 0 where there is none. */
  get writtenMs(): number {
    return this.#writtenMs;
  }

  /** The last Event of what a watch brought at once; returns its write time, 0 where it has none. */
  watched(event: KubernetesEvent): number {
    this.#last = event.metadata;
    return this.listed(event);
  }

  /** Likewise, of each Event of a list. */
  listed(event: KubernetesEvent): number {
    const atMs = writeTimeMs(event);
    this.#writtenMs = Math.max(this.#writtenMs, atMs);
    return atMs;
  }

  /** Everything that is stored was listed: where that was nothing, whatever turns up at or below the position is of later. */
  listedAll(): void {
    if (this.#writtenMs === 0) this.#writtenMs = 1;
  }

  /** What follows is another one, of which nothing is known. */
  replaced(): void {
    this.#last = undefined;
    this.#writtenMs = 0;
  }

  /** By what is known now: what a list brings must not testify for what it brings later. */
  judge(): Judge {
    const last = this.#last;
    const writtenMs = this.#writtenMs;
    return (event) => {
      const { namespace, name, uid, resourceVersion } = event.metadata;
      if (last !== undefined && last.name === name && last.namespace === namespace) {
        const order = compareResourceVersions(resourceVersion, last.resourceVersion);
        if (order < 0 || (order === 0 && last.uid !== uid)) {
          return `an Event read at resourceVersion ${last.resourceVersion} is stored at ${resourceVersion}`;
        }
      }
      const lateMs = writeTimeMs(event) - writtenMs;
      if (writtenMs === 0 || lateMs <= skewMsMax) return undefined;
      const lateSeconds = Math.round(lateMs / 1000);
      return `the Event at resourceVersion ${resourceVersion} was written ${lateSeconds} s after everything read up to there`;
    };
  }

  /** Two small requests. */
  async probe(position: string | undefined, signal: AbortSignal): Promise<Probe> {
    // Asked for after it was remembered: a watch that is open goes on meanwhile.
    const last = this.#last;
    const page = await this.#list({ limit: 1 }, signal);
    if (page.kind !== "page") return { kind: "failed", failure: page };
    const { resourceVersion } = page;
    if (position !== undefined && compareResourceVersions(resourceVersion, position) < 0) {
      return { kind: "rewound", resourceVersion };
    }
    if (last === undefined) return { kind: "current", resourceVersion };

    const { namespace, name, uid, resourceVersion: exactResourceVersion } = last;
    const then = await this.#list({ namespace, name, exactResourceVersion, limit: 1 }, signal);
    if (then.kind === "status" && provesNothing.has(then.code)) return { kind: "current", resourceVersion };
    if (then.kind !== "page") return { kind: "failed", failure: then };
    const [item] = then.items;
    if (
      item?.kind === "event" &&
      item.event.metadata.uid === uid &&
      item.event.metadata.resourceVersion === exactResourceVersion
    ) {
      return { kind: "current", resourceVersion };
    }
    const detail = `the Event read at resourceVersion ${exactResourceVersion} was not there at that time`;
    return { kind: "rewritten", resourceVersion, detail };
  }

  async #list(options: Parameters<EventsApi["list"]>[0], signal: AbortSignal) {
    const answer = await this.#api.list(options, signal);
    if (answer.kind !== "ok") return answer;
    this.#onBytes(answer.body.length);
    return decodeList(answer.body);
  }
}

/** Compacted away; and an API server that does not take the question. */
const provesNothing: ReadonlySet<number> = new Set([400, 410, 422]);
