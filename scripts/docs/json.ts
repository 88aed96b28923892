/** JSON as the formatter writes it: a list of plain values on one line where it fits. */
export function json(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => json(item, inner));
    const line = `[${items.join(", ")}]`;
    if (items.every((item) => !item.startsWith("{")) && inner.length + line.length < 80) return line;
    return `[\n${items.map((item) => inner + item).join(",\n")}\n${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  if (entries.length === 0) return "{}";
  return `{\n${entries.map(([key, child]) => `${inner}${JSON.stringify(key)}: ${json(child, inner)}`).join(",\n")}\n${indent}}`;
}
