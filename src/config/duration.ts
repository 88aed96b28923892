/** One or more numbers with a unit, as Go writes them: `200ms`, `10s`, `1h30m`, `0.5s`. */
export const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

const msOfUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A text that matches `durationPattern`, in whole ms. */
export function durationMsOf(text: string): number {
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(amount) * (msOfUnit[unit ?? ""] ?? NaN);
  }
  return Math.round(ms);
}
