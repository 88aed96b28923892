import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { arrowsPage } from "../../../../scripts/docs/arrows.ts";

const begin = "<!-- arrows:begin -->";
const end = "<!-- arrows:end -->";

suite("the table of arrows in ARCHITECTURE.md", () => {
  test("stands between its marks, and the rest of the page stays as it is", () => {
    const page = arrowsPage.render(`before\n${begin}\nold\n${end}\nafter\n`);
    assert.ok(page?.startsWith(`before\n${begin}\n| folder of`));
    assert.ok(page?.endsWith(`|\n${end}\nafter\n`));
    assert.ok(page?.includes("| `shared` | nothing |\n"));
    assert.ok(page?.includes("`otlp` (types only)"));
    assert.equal(arrowsPage.render(page), page);
  });

  test("a page that does not exist is not made, one without marks is an error that says what is missing", () => {
    assert.equal(arrowsPage.render(undefined), undefined);
    assert.throws(() => arrowsPage.render("no marks"), /put the lines <!-- arrows:begin --> and/);
  });
});
