/**
 * client-go names an Event `<object>.<hex UnixNano>`, by the emitter's clock at the first occurrence, and so gives back
 * what `firstTimestamp` (whole seconds) lost.
 * https://github.com/kubernetes/client-go/blob/master/tools/record/event.go
 *
 * The nanoseconds within the second `firstSeconds`; -1 where the name does not end in a time, or in one of another
 * second: then the name is something else.
 */
export function nanosFromName(name: string, firstSeconds: number): number {
  const dot = name.lastIndexOf(".");
  const digits = name.length - dot - 1;
  // 15 digits reach to 2006, 16 beyond 2262.
  if (dot < 0 || digits < 15 || digits > 16) return -1;

  // 61 bits do not fit in a double: both times as two words of 32 bits, through 10^9 = 15,258 * 2^16 + 51,712.
  const high = hexadecimal(name, dot + 1, name.length - 8);
  const low = hexadecimal(name, name.length - 8, name.length);
  if (high < 0 || low < 0) return -1;
  const upper = firstSeconds * 15_258;
  const lower = (upper % 0x1_0000) * 0x1_0000 + firstSeconds * 51_712;
  const firstHigh = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000);
  const firstLow = lower % 0x1_0000_0000;
  const nanos = (high - firstHigh) * 0x1_0000_0000 + low - firstLow;
  return nanos >= 0 && nanos < 1_000_000_000 ? nanos : -1;
}

/** The lower-case hexadecimal number in [start, end), of at most 8 digits; -1 where there is another character. */
function hexadecimal(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else if (code >= 0x61 && code <= 0x66) value = value * 16 + code - 0x57;
    else return -1;
  }
  return value;
}
