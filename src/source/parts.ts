import type { SourceItem } from "../model/source-item.ts";

/** Items a yield at most: what is in the consumer's hands beyond its own queue, and how long its turn takes. */
export const itemsMax = 500;

/** What a list brought at once, in arrays that a consumer takes one by one. */
export function* inParts(items: readonly SourceItem[]): Generator<readonly SourceItem[], void> {
  if (items.length > 0 && items.length <= itemsMax) yield items;
  else for (let from = 0; from < items.length; from += itemsMax) yield items.slice(from, from + itemsMax);
}
