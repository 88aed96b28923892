/**
 * RFC 3339 by hand, because `Date` is slow, loses everything below the millisecond and accepts much else. An instant is a
 * pair of numbers, seconds and nanoseconds, which costs no allocation; only what needs one number of it is a bigint.
 */

const minuteSeconds = 60;
const hourSeconds = 3600;
const daySeconds = 86_400;
/** 2262-01-01: beyond it nanoseconds since the epoch do not fit in 63 bits. */
const secondsMax = 9_214_646_400;

const zero = 0x30;
const dash = 0x2d;
const colon = 0x3a;
const dot = 0x2e;
const plus = 0x2b;

/**
 * Whole seconds since the epoch of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; NaN for anything else and for what lies
 * before 1970 or after 2261 (Go's zero time, year 1, among them).
 */
export function secondsOf(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const separated =
    text.charCodeAt(4) === dash &&
    text.charCodeAt(7) === dash &&
    (text[10] === "T" || text[10] === "t") &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon;
  // A comparison with NaN is false, so a missing digit fails here too.
  const inRange =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59;
  if (!separated || !inRange) return Number.NaN;

  const offset = offsetSeconds(text, endOfFraction(text));
  const seconds =
    daysSinceEpoch(year, month, day) * daySeconds +
    hour * hourSeconds +
    minute * minuteSeconds +
    second -
    offset;
  return seconds >= 0 && seconds < secondsMax ? seconds : Number.NaN;
}

/** `secondsOf` what may not be there; NaN where it is not. */
export function secondsOrNaN(text: string | null | undefined): number {
  return text === undefined || text === null ? Number.NaN : secondsOf(text);
}

/** Nanoseconds of the fraction of a text that `secondsOf` accepts; 0 where it has none, digits beyond the ninth dropped. */
export function nanosOf(text: string): number {
  if (text.charCodeAt(19) !== dot) return 0;
  let nanos = 0;
  let unit = 100_000_000;
  for (let index = 20; unit >= 1; index += 1) {
    const digit = text.charCodeAt(index) - zero;
    if (!(digit >= 0 && digit <= 9)) break;
    nanos += digit * unit;
    unit /= 10;
  }
  return nanos;
}

/** `secondsOf` a whole-second text with `nanos` written into it, all nine digits. */
export function withNanos(text: string, nanos: number): string {
  return `${text.slice(0, 19)}.${String(nanos).padStart(9, "0")}${text.slice(19)}`;
}

/** ns since the epoch. */
export function unixNano(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** Position after the seconds and their fraction; -1 for a dot without a digit. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== dot) return 19;
  let end = 20;
  for (;;) {
    const digit = text.charCodeAt(end) - zero;
    if (!(digit >= 0 && digit <= 9)) return end > 20 ? end : -1;
    end += 1;
  }
}

/** Seconds east of UTC; NaN where what stands at `start` is no offset or not the end of the text. */
function offsetSeconds(text: string, start: number): number {
  if (start < 0) return Number.NaN;
  if (text.length === start + 1 && (text[start] === "Z" || text[start] === "z")) return 0;
  const sign = text.charCodeAt(start);
  const hours = twoDigits(text, start + 1);
  const minutes = twoDigits(text, start + 4);
  const valid =
    text.length === start + 6 &&
    (sign === plus || sign === dash) &&
    text.charCodeAt(start + 3) === colon &&
    hours <= 23 &&
    minutes <= 59;
  if (!valid) return Number.NaN;
  const seconds = hours * hourSeconds + minutes * minuteSeconds;
  return sign === dash ? -seconds : seconds;
}

/** NaN where one of the two is no digit. */
function twoDigits(text: string, index: number): number {
  const tens = text.charCodeAt(index) - zero;
  const ones = text.charCodeAt(index + 1) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the Gregorian calendar: http://howardhinnant.github.io/date_algorithms.html#days_from_civil */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
