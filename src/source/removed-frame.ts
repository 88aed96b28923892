const prefix = Buffer.from('{"type":"DELETED","object":{');
const metadataKey = Buffer.from('metadata":{');
const resourceVersionKey = Buffer.from('resourceVersion":"');

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const closingBrace = 0x7d;

/**
 * The resourceVersion of a DELETED frame, found without parsing it: 0.2 µs instead of 3 µs for half of a real stream.
 * Undefined for every other line, and for a DELETED frame that is not written as Go writes it (`kind`, `apiVersion`,
 * `metadata`; in it `name`, `namespace`, `uid`, `resourceVersion`, …): that one is parsed.
 *
 * It walks over `"key":"value",` members one by one, so it knows where it is: a look-alike in a message, an annotation,
 * `managedFields` or `regarding` cannot be taken for the Event's own.
 */
export function removedResourceVersion(line: Uint8Array): string | undefined {
  const { length } = line;
  if (!startsWith(line, 0, prefix)) return undefined;
  if (line[length - 1] !== closingBrace || line[length - 2] !== closingBrace) return undefined;
  const metadata = memberAfterTexts(line, prefix.length, metadataKey);
  if (metadata < 0) return undefined;
  const start = memberAfterTexts(line, metadata, resourceVersionKey);
  if (start < 0) return undefined;
  return safeInteger(line, start);
}

/** The decimal integer that the text at `start` is; undefined for one of more than 15 digits, too. */
function safeInteger(line: Uint8Array, start: number): string | undefined {
  let value = 0;
  for (let at = start; at < start + 16; at += 1) {
    const digit = (line[at] ?? 0) - 0x30;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (line[at] !== quote || at === start || (line[start] === 0x30 && at > start + 1)) return undefined;
    else return String(value);
  }
  return undefined;
}

/**
 * From `position`, just inside an object: skips members whose value is a text without escapes, up to the one that
 * begins with `key`, and returns the position after that; -1 when anything else comes first.
 */
function memberAfterTexts(line: Uint8Array, position: number, key: Uint8Array): number {
  let at = position;
  while (line[at] === quote) {
    if (startsWith(line, at + 1, key)) return at + 1 + key.length;
    const keyEnd = endOfText(line, at + 1);
    if (keyEnd < 0 || line[keyEnd + 1] !== colon || line[keyEnd + 2] !== quote) return -1;
    const valueEnd = endOfText(line, keyEnd + 3);
    if (valueEnd < 0 || line[valueEnd + 1] !== comma) return -1;
    at = valueEnd + 2;
  }
  return -1;
}

/** Position of the closing quote; -1 for a text with an escape or without an end. */
function endOfText(line: Uint8Array, start: number): number {
  for (let at = start; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === quote) return at;
    if (byte === backslash) return -1;
  }
  return -1;
}

function startsWith(line: Uint8Array, position: number, expected: Uint8Array): boolean {
  if (line.length < position + expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (line[position + index] !== expected[index]) return false;
  }
  return true;
}
