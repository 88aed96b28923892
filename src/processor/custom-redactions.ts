import type { Redaction } from "./redact.ts";

/** A user's pattern, in RE2 syntax, checked with the configuration. */
export interface RedactionPattern {
  readonly name: string;
  readonly pattern: string;
}

/**
 * Users' patterns as redactions, matched in linear time whatever the message: a backtracking engine could be stopped by
 * whoever writes an Event. The engine is imported only when there are patterns. Rejects on a pattern that RE2 refuses.
 */
export async function customRedactions(patterns: readonly RedactionPattern[]): Promise<readonly Redaction[]> {
  if (patterns.length === 0) return [];
  const { RE2JS } = await import("re2js");
  return patterns.map(({ name, pattern }) => {
    const compiled = RE2JS.compile(pattern);
    return {
      name,
      replace(text) {
        let count = 0;
        const replaced = compiled.matcher(text).replaceAll(() => {
          count += 1;
          return `[redacted:${name}]`;
        });
        return { text: replaced, count };
      },
    };
  });
}
