import type { EventsApi } from "../kubernetes/events-api.ts";
import type { ListCause } from "../model/notice.ts";
import { compareResourceVersions } from "../model/resource-version.ts";
import type { SourceItem } from "../model/source-item.ts";
import { NetworkError } from "../net/network-error.ts";
import { assertNever } from "../shared/assert-never.ts";
import { decodeList, isKubernetesEvent } from "./decode.ts";
import type { SourceFailure } from "./failure.ts";
import { HeldEvents, type HeldEvent } from "./held-events.ts";
import type { Judge } from "./history.ts";
import { inParts, itemsMax } from "./parts.ts";

export interface StoredEventsOptions {
  /** Only what is newer than this resourceVersion; "0" for everything. */
  readonly after: string;
  /** What becomes of the rest: nothing, or it is given as `warmed`. */
  readonly known: "skipped" | "warmed";
  /** Of the rest. */
  readonly judge: Judge;
  /** Events a page. */
  readonly pageSize: number;
  /** Bytes held at most to put one namespace in order. */
  readonly heldBytesMax: number;
  /** What the Events after it are: the first look, or what a gap left out. */
  readonly origin: "stored" | "recovered" | "restored";
}

/** What a list is to give that is made for this cause at this position. */
export function listingOf(
  cause: ListCause,
  position: string | undefined,
): Pick<StoredEventsOptions, "after" | "known" | "origin"> {
  switch (cause) {
    case "start":
      return { after: "0", known: "skipped", origin: "stored" };
    case "gap":
      return { after: position ?? "0", known: "skipped", origin: "recovered" };
    case "takeover":
      return { after: position ?? "0", known: "warmed", origin: "recovered" };
    case "history_replaced":
      return { after: "0", known: "skipped", origin: "restored" };
    default:
      return assertNever(cause);
  }
}

export type ListResult =
  /** Everything up to `resourceVersion` was given; watch from there. `events`: those after `after`. */
  | { readonly kind: "listed"; readonly resourceVersion: string; readonly events: number }
  /** The cluster's newest resourceVersion lies before `position`, which it had passed: its history was replaced. */
  | { readonly kind: "rewound"; readonly position: string; readonly resourceVersion: string }
  /** The history was replaced, and has grown past `after`. */
  | { readonly kind: "rewritten"; readonly resourceVersion: string; readonly detail: string }
  /** Call `pass` again later: it goes on where it was. */
  | { readonly kind: "failed"; readonly failure: SourceFailure };

/**
 * Lists what the cluster stores, oldest first within each namespace, in bounded memory, through any number of failures.
 *
 * The API server lists in key order (namespace, then name), so a namespace is complete when the next one begins; it is
 * then sorted and given. Each namespace has a floor, the newest resourceVersion given of it: whatever has to be listed
 * again (a page token that expired with its revision, a namespace too large to hold at once) is given only above it, so
 * nothing comes twice. What changes meanwhile is newer than the list's own resourceVersion and comes with the watch.
 *
 * What is known is neither held nor put in order: it is given as it comes, and again after each restart.
 */
export class StoredEvents {
  readonly #api: EventsApi;
  readonly #options: StoredEventsOptions;
  readonly #onPage: (bytes: number) => void;
  readonly #held: HeldEvents;
  /** Namespace → newest resourceVersion given. One entry a namespace that has Events. */
  readonly #floors = new Map<string, string>();

  #snapshot = "";
  #known: readonly SourceItem[] = [];
  #page: readonly SourceItem[] = [];
  #index = 0;
  #token = "";
  #ended = false;
  #namespace: string | undefined;
  /** The namespace that did not fit and has to be read once more. */
  #refilling: string | undefined;
  #events = 0;

  /** `onPage` is called with the size of each answer: a large namespace takes many of them before it gives anything. */
  constructor(api: EventsApi, options: StoredEventsOptions, onPage: (bytes: number) => void = () => {}) {
    this.#api = api;
    this.#options = options;
    this.#onPage = onPage;
    this.#held = new HeldEvents(options.heldBytesMax);
  }

  /** An abort ends it as a failure, also between two arrays: whoever stops wants no more of them. */
  async *pass(signal: AbortSignal): AsyncGenerator<readonly SourceItem[], ListResult> {
    for (;;) {
      if (signal.aborted) return { kind: "failed", failure: abortedFailure() };
      if (this.#refilling !== undefined) {
        const failure = await this.#refill(this.#refilling, signal);
        if (failure !== undefined) return { kind: "failed", failure };
        this.#refilling = undefined;
        yield* this.#flush(signal);
        continue;
      }

      if (this.#known.length > 0) {
        const known = this.#known;
        this.#known = [];
        yield* inParts(known);
        continue;
      }

      const item = this.#page[this.#index];
      if (item !== undefined) {
        if (item.kind === "event" && item.event.metadata.namespace !== this.#namespace) {
          yield* this.#flush(signal);
          // Not yet the next one: first the rest of a namespace that did not fit.
          if (this.#refilling !== undefined) continue;
          this.#namespace = item.event.metadata.namespace;
        }
        if (item.kind === "event") this.#hold(item);
        else yield [item];
        this.#index += 1;
        continue;
      }

      if (this.#ended) {
        yield* this.#flush(signal);
        if (this.#refilling !== undefined || signal.aborted) continue;
        return { kind: "listed", resourceVersion: this.#snapshot, events: this.#events };
      }

      const result = await this.#nextPage(signal);
      if (result !== undefined) return result;
    }
  }

  async #nextPage(signal: AbortSignal): Promise<ListResult | undefined> {
    const answer = await this.#api.list(
      { limit: this.#options.pageSize, continueToken: this.#token },
      signal,
    );
    if (answer.kind !== "ok") {
      // The token's revision is compacted away: begin anew, the floors keep what was given from coming again.
      if (answer.kind === "status" && answer.code === 410) this.#restart();
      return { kind: "failed", failure: answer };
    }
    this.#onPage(answer.body.length);
    const page = decodeList(answer.body);
    if (page.kind !== "page") return { kind: "failed", failure: page };
    if (this.#token === "") {
      const position = this.#snapshot === "" ? this.#options.after : this.#snapshot;
      if (compareResourceVersions(page.resourceVersion, position) < 0) {
        return { kind: "rewound", position, resourceVersion: page.resourceVersion };
      }
      this.#snapshot = page.resourceVersion;
    }
    const detail = this.#sort(page.items);
    if (detail !== undefined) return { kind: "rewritten", resourceVersion: this.#snapshot, detail };
    this.#index = 0;
    this.#token = page.continueToken;
    this.#ended = page.continueToken === "";
    return undefined;
  }

  /** Tells a page's known Events from those to come. Says why the known cannot be what we know, where that is so. */
  #sort(items: readonly SourceItem[]): string | undefined {
    const { after, known, judge } = this.#options;
    const before: SourceItem[] = [];
    const newer: SourceItem[] = [];
    for (const item of items) {
      if (item.kind !== "event" || compareResourceVersions(item.event.metadata.resourceVersion, after) > 0) {
        newer.push(item);
        continue;
      }
      const detail = judge(item.event);
      if (detail !== undefined) return detail;
      if (known === "warmed") before.push({ kind: "event", event: item.event, origin: "warmed" });
    }
    this.#known = before;
    this.#page = newer;
    return undefined;
  }

  #restart(): void {
    this.#token = "";
    this.#page = [];
    this.#index = 0;
    this.#ended = false;
    this.#namespace = undefined;
    this.#held.take();
  }

  #hold(item: SourceItem & { readonly kind: "event" }): void {
    const { namespace, resourceVersion } = item.event.metadata;
    const floor = this.#floors.get(namespace) ?? this.#options.after;
    if (compareResourceVersions(resourceVersion, floor) <= 0) return;
    // Only a namespace that is read once more can hold something newer than the list: the watch brings that.
    if (compareResourceVersions(resourceVersion, this.#snapshot) > 0) return;
    this.#held.add(item.event);
  }

  /**
   * Reads one namespace alone, from its floor, as it stood at the list's own resourceVersion: what was deleted since must
   * not be missing. Undefined when done; a failure leaves everything as it was before.
   */
  async #refill(namespace: string, signal: AbortSignal): Promise<SourceFailure | undefined> {
    const limit = this.#options.pageSize;
    let exactly = true;
    let token = "";
    for (;;) {
      const from =
        exactly && token === "" ? { exactResourceVersion: this.#snapshot } : { continueToken: token };
      const answer = await this.#api.list({ namespace, limit, ...from }, signal);
      if (answer.kind === "status" && answer.code === 410 && exactly) {
        // Compacted away: as it stands now is all that is to be had.
        exactly = false;
        token = "";
        this.#held.take();
        continue;
      }
      if (answer.kind === "ok") this.#onPage(answer.body.length);
      const page = answer.kind === "ok" ? decodeList(answer.body) : answer;
      if (page.kind !== "page") {
        this.#held.take();
        return page;
      }
      for (const item of page.items) if (item.kind === "event") this.#hold(item);
      token = page.continueToken;
      if (token === "") return undefined;
    }
  }

  *#flush(signal: AbortSignal): Generator<readonly SourceItem[], void> {
    const overflowed = this.#held.overflowed;
    const held = this.#held.take();
    const namespace = this.#namespace;
    if (namespace === undefined) return;
    for (let from = 0; from < held.length && !signal.aborted; from += itemsMax) {
      const part = held.slice(from, from + itemsMax);
      this.#events += part.length;
      this.#floors.set(namespace, part.at(-1)?.resourceVersion ?? "0");
      yield part.map((one) => this.#toItem(one));
    }
    if (overflowed) this.#refilling = namespace;
  }

  #toItem(held: HeldEvent): SourceItem {
    const event: unknown = JSON.parse(held.json.toString());
    if (!isKubernetesEvent(event)) {
      throw new Error(`A held Event is no Event any more: ${held.json.toString()}`);
    }
    return { kind: "event", event, origin: this.#options.origin };
  }
}

function abortedFailure(): SourceFailure {
  return { kind: "network", error: new NetworkError("aborted", "The list was aborted") };
}
