import { withoutUserinfo } from "./secret.ts";

const charsMax = 60;

/** A value in the words of who wrote it, for "expected …, got …". Never for a secret. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    const safe = withoutUserinfo(value);
    return JSON.stringify(safe.length > charsMax ? `${safe.slice(0, charsMax)}…` : safe);
  }
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : "a mapping";
}
