import { arrows } from "../../test/arrows.ts";
import type { GeneratedPage } from "./page.ts";

const begin = "<!-- arrows:begin -->";
const end = "<!-- arrows:end -->";

/** The table of arrows between its two marks in ARCHITECTURE.md; the rest of the page is written by hand. */
export const arrowsPage: GeneratedPage = {
  path: "ARCHITECTURE.md",
  render(current) {
    if (current === undefined) return undefined;
    const from = current.indexOf(begin);
    const to = current.indexOf(end);
    if (from < 0 || to < from) {
      throw new Error(`ARCHITECTURE.md: put the lines ${begin} and ${end} where the table of arrows belongs`);
    }
    return `${current.slice(0, from + begin.length)}\n${arrowsTable()}${current.slice(to)}`;
  },
};

function arrowsTable(): string {
  const rows = Object.entries(arrows).map(([folder, { imports, types, files }]) => {
    const allowed = imports === "any" ? ["any"] : imports.map(code);
    const typesOnly = (types ?? []).map((name) => `${code(name)} (types only)`);
    const single = (files ?? []).map(code);
    const cell = [...allowed, ...typesOnly, ...single].join(", ");
    return `| ${folder === "." ? "`main.ts`, `app.ts`" : code(folder)} | ${cell === "" ? "nothing" : cell} |\n`;
  });
  return `| folder of \`src\` | may import from |\n| --- | --- |\n${rows.join("")}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
