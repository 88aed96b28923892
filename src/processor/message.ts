import type { EventDraft } from "./event-draft.ts";

/**
 * 16 KiB: Events of the new API end at 1 kB, and of the old ones only dumps (a webhook's stack trace, a template's
 * output) are longer. Far below the 256 KB of a line that Loki takes.
 */
export const messageBytesMaxDefault = 16 * 1024;

/** No message is cut shorter than this: a mark alone says nothing. */
export const messageBytesMaxLeast = 256;

/** Room for the mark with ten digits. */
const markBytesMax = 32;

/**
 * Cuts a body longer than `bytesMax` bytes of UTF-8, between two characters, and ends it with a mark; with the mark it
 * is at most `bytesMax` long. Comes after redaction, so that no cut hides half a secret from it.
 */
export function capMessage(draft: EventDraft, bytesMax: number): void {
  const { body } = draft;
  // A UTF-16 unit is 3 bytes at most, so nearly every message is done here.
  if (body.length * 3 <= bytesMax) return;
  const bytes = utf8Bytes(body);
  if (bytes <= bytesMax) return;

  const [end, keptBytes] = cutAt(body, bytesMax - markBytesMax);
  draft.bodyCutBytes = bytes - keptBytes;
  draft.body = `${body.slice(0, end)}… [${draft.bodyCutBytes} bytes cut]`;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) bytes += unitBytes(text, index);
  return bytes;
}

/** The longest beginning of at most `bytesMax` bytes that ends between characters, as [UTF-16 units, bytes]. */
function cutAt(text: string, bytesMax: number): readonly [units: number, bytes: number] {
  let bytes = 0;
  let end = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += unitBytes(text, index);
    if (bytes > bytesMax) break;
    // Never between the halves of a surrogate pair, whose second half adds no bytes.
    if (!isPair(text, index)) end = index + 1;
  }
  return [end, utf8Bytes(text.slice(0, end))];
}

/** Bytes that a UTF-16 unit adds: a pair's first half all 4, its second none; a lone surrogate becomes U+FFFD, 3. */
function unitBytes(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (isPair(text, index)) return 4;
  return index > 0 && isPair(text, index - 1) ? 0 : 3;
}

/** True at the first half of a surrogate pair. */
function isPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
