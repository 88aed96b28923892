import type { EventsApi } from "../kubernetes/events-api.ts";
import type { SourceItem } from "../model/source-item.ts";
import { decodeList } from "./decode.ts";
import type { SourceFailure } from "./failure.ts";
import type { Judge } from "./history.ts";
import { inParts } from "./parts.ts";

export interface WarmUpOptions {
  readonly resourceVersion: string;
  /** Events a page. */
  readonly pageSize: number;
  /** Of each Event, all of which lie at or below the position. */
  readonly judge: Judge;
}

export type WarmUpResult =
  /** The whole state at the position was given; watch from there. */
  | { readonly kind: "warmed"; readonly events: number }
  /** The position is compacted away, perhaps after a part was given. */
  | { readonly kind: "compacted" }
  | { readonly kind: "rewritten"; readonly detail: string }
  /** Call `pass` again later: it goes on where it was. */
  | { readonly kind: "failed"; readonly failure: SourceFailure };

/**
 * What the leader before us knew: the Events as they stood at its position, given as `warmed`, a page at a time and in no
 * order, because nothing of it is sent. So it takes the memory of two pages, however many Events are stored.
 */
export class WarmUp {
  readonly #api: EventsApi;
  readonly #options: WarmUpOptions;
  readonly #onPage: (bytes: number) => void;
  #token = "";
  #begun = false;
  #events = 0;

  constructor(api: EventsApi, options: WarmUpOptions, onPage: (bytes: number) => void) {
    this.#api = api;
    this.#options = options;
    this.#onPage = onPage;
  }

  async *pass(signal: AbortSignal): AsyncGenerator<readonly SourceItem[], WarmUpResult> {
    const { resourceVersion, judge } = this.#options;
    let asked = this.#ask(signal);
    for (;;) {
      const answer = await asked;
      if (answer.kind === "status" && answer.code === 410) return { kind: "compacted" };
      if (answer.kind !== "ok") return { kind: "failed", failure: answer };
      this.#onPage(answer.body.length);
      const page = decodeList(answer.body);
      if (page.kind !== "page") return { kind: "failed", failure: page };
      // Another state than the one asked for would pass for known what nobody has exported.
      if (page.resourceVersion !== resourceVersion) return { kind: "compacted" };

      const items: SourceItem[] = [];
      for (const item of page.items) {
        if (item.kind !== "event") {
          items.push(item);
          continue;
        }
        const detail = judge(item.event);
        if (detail !== undefined) return { kind: "rewritten", detail };
        items.push({ kind: "event", event: item.event, origin: "warmed" });
        this.#events += 1;
      }
      this.#token = page.continueToken;
      const isLast = page.continueToken === "";
      // One page ahead, so that the API server and the consumer work at the same time.
      if (!isLast) asked = this.#ask(signal);
      if (!this.#begun) {
        this.#begun = true;
        yield [{ kind: "takeover", exact: true }];
      }
      yield* inParts(items);
      if (isLast) return { kind: "warmed", events: this.#events };
    }
  }

  #ask(signal: AbortSignal): ReturnType<EventsApi["list"]> {
    const { resourceVersion, pageSize } = this.#options;
    return this.#api.list(
      { exactResourceVersion: resourceVersion, limit: pageSize, continueToken: this.#token },
      signal,
    );
  }
}
