/** A table in Markdown, padded so that it reads well in a terminal too: the first column left, all others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(cells[column] ?? "", width, column)).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function padded(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** `12,345` */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `12,345 (11,980-12,400)`: the median and how far the rounds lie apart. */
export function range(middle: number, [least, most]: readonly [number, number], digits = 0): string {
  const text = (value: number): string => (digits === 0 ? whole(value) : value.toFixed(digits));
  return `${text(middle)} (${text(least)}-${text(most)})`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
