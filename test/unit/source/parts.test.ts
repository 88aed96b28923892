import assert from "node:assert/strict";
import { test } from "node:test";

import type { SourceItem } from "../../../src/model/source-item.ts";
import { inParts, itemsMax } from "../../../src/source/parts.ts";

test("However many items there are, each comes once, in order, and no array is empty or too long", () => {
  for (const count of [0, 1, itemsMax, itemsMax + 1, 3 * itemsMax, 3 * itemsMax + 7]) {
    const items = Array.from({ length: count }, (_, index): SourceItem => {
      return { kind: "removed", resourceVersion: String(index) };
    });
    const parts = [...inParts(items)];
    assert.deepEqual(parts.flat(), items);
    assert.ok(parts.every(({ length }) => length > 0 && length <= itemsMax));
  }
});
