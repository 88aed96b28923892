/**
 * How long a `Retry-After` header asks to wait, in ms from `nowMs` (wall clock), at least 0 and without an upper bound;
 * undefined when there is none or it is neither seconds nor a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  // Fractions are not in the standard, but some proxies send them.
  const delayMs = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : dateMs(value) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.max(delayMs, 0);
}

/** NaN for what is no HTTP date: `Date.parse` alone takes almost anything, "-5" for instance. */
function dateMs(value: string): number {
  return /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) : Number.NaN;
}
