/** What a server may make us wait at most, in ms: a year-long wish must not park us. */
const retryAfterMsMax = 5 * 60_000;

/**
 * The header's wish in ms, seconds or an HTTP date; undefined where there is none or it says nothing.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMsOf(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallMs;
  // Date.parse makes a date of nearly anything; an HTTP date begins with a day's name.
  if (Number.isNaN(delayMs) || !/^(?:\d+$|[A-Z][a-z]{2})/.test(text)) return undefined;
  return Math.min(Math.max(delayMs, 0), retryAfterMsMax);
}
