/**
 * Just enough DER (X.690) to write a certificate: tag, definite length, content. Writing only; Node's own
 * `X509Certificate` reads.
 */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element around the given contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

/** `[number]` of the context class: `constructed` where it wraps other elements. */
export function derContext(number: number, constructed: boolean, ...contents: readonly Uint8Array[]): Buffer {
  return der((constructed ? 0xa0 : 0x80) | number, ...contents);
}

/** A non-negative integer from its big-endian bytes: shortest form, with a zero in front where the top bit is set. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const magnitude = bytes.subarray(start);
  const negative = (magnitude[0] ?? 0) >= 0x80;
  return der(derTag.integer, negative ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

/** An object identifier from its dotted form. */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(derTag.objectIdentifier, Buffer.from(bytes));
}

/** A whole number of bytes as BIT STRING, or with `unusedBits` at the end of the last one. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(derTag.bitString, Buffer.from([unusedBits]), bytes);
}

/** UTCTime until 2049, GeneralizedTime after: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
export function derTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? der(derTag.utcTime, Buffer.from(digits.slice(2), "ascii"))
    : der(derTag.generalizedTime, Buffer.from(digits, "ascii"));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}
