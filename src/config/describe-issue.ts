import type { z } from "zod";

import { assertNever } from "../shared/assert-never.ts";
import { describeValue } from "./describe-value.ts";
import { nearest } from "./suggestion.ts";

const wordsOfType: Readonly<Record<string, string>> = {
  string: "a text",
  int: "a whole number",
  number: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
};

/** A longer list of choices is shown only to who seems not to know them. */
const wordsShownMax = 6;

/** A fault that zod found, in our words: what was expected, what is there, what was probably meant. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  const got = describeValue(issue.input);
  switch (issue.code) {
    case "invalid_type": {
      const quotes =
        issue.expected === "string" && typeof issue.input === "number" ? "; put it in quotes" : "";
      return `expected ${wordsOfType[issue.expected] ?? issue.expected}, got ${got}${quotes}`;
    }
    case "invalid_value": {
      const words = issue.values.map(String);
      const meant = typeof issue.input === "string" ? nearest(issue.input, words) : undefined;
      if (meant !== undefined && words.length > wordsShownMax)
        return `${got} is unknown; did you mean \`${meant}\`?`;
      const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
      return `expected ${oneOf(words)}, got ${got}${hint}`;
    }
    case "too_small":
      return bound("at least", issue.minimum, issue.origin, got);
    case "too_big":
      return bound("at most", issue.maximum, issue.origin, got);
    case "invalid_key":
      return issue.issues[0]?.message ?? "not a valid key";
    case "unrecognized_keys":
    case "invalid_format":
    case "invalid_element":
    case "invalid_union":
    case "not_multiple_of":
    case "custom":
      return issue.message ?? "not valid";
    default:
      return assertNever(issue);
  }
}

function bound(word: string, limit: number | bigint, origin: string, got: string): string {
  if (origin === "array") return `expected ${word} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `must be ${word} ${limit}, got ${got}`;
}

function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  const last = quoted.pop() ?? "";
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
