/**
 * An endless watch in little memory: some thousand lines, made once, played round and round with another
 * resourceVersion, uid and name each time, which are patched into a copy. Line n is always the same bytes, so a watch
 * can be resumed anywhere.
 */
import { nameDigits, type CorpusEvent } from "./corpus.ts";

/** The resourceVersion before line 0. All have ten digits, so that they fit where they are patched in. */
export const firstRevision = 1_000_000_000;

const uidDigits = 8;

export interface Piece {
  readonly bytes: Buffer;
  readonly lines: number;
}

export class EventRing {
  readonly #bytes: Buffer;
  /** Where line i begins; one more for the end. */
  readonly #starts: number[] = [0];
  readonly #versionAt: number[] = [];
  readonly #uidAt: number[] = [];
  readonly #nameAt: number[] = [];

  private constructor(lines: readonly Buffer[]) {
    this.#bytes = Buffer.concat(lines);
    let start = 0;
    for (const line of lines) {
      this.#versionAt.push(start + after(line, '"resourceVersion":"'));
      this.#uidAt.push(start + after(line, '"uid":"') + 36 - uidDigits);
      const name = after(line, '"name":"');
      this.#nameAt.push(start + line.indexOf('"', name) - nameDigits);
      start += line.length;
      this.#starts.push(start);
    }
  }

  static async of(events: AsyncIterable<CorpusEvent>): Promise<EventRing> {
    const lines: Buffer[] = [];
    for await (const { type, event } of events) {
      const { name, namespace, uid, ...metadata } = event.metadata;
      const object = {
        ...event,
        // In the order of Go's fields.
        metadata: { name, namespace, uid, ...metadata, resourceVersion: String(firstRevision) },
      };
      lines.push(Buffer.from(`${JSON.stringify({ type, object })}\n`));
    }
    return new EventRing(lines);
  }

  /** Lines before they come again. */
  get length(): number {
    return this.#versionAt.length;
  }

  /** Mean, in bytes, with the newline. */
  get lineBytes(): number {
    return this.#bytes.length / this.length;
  }

  /** Whole lines from number `from` on, before number `end`: about `bytesMin`, fewer at the ring's seam. */
  piece(from: number, end: number, bytesMin: number): Piece {
    const first = from % this.length;
    const start = this.#starts[first] ?? 0;
    let last = first;
    while (last < this.length && from + last - first < end && (this.#starts[last] ?? 0) - start < bytesMin) {
      last += 1;
    }
    const bytes = Buffer.from(this.#bytes.subarray(start, this.#starts[last]));
    for (let index = first; index < last; index += 1) {
      const number = from + index - first;
      writeDecimal(bytes, (this.#versionAt[index] ?? 0) - start, firstRevision + 1 + number);
      writeHex(bytes, (this.#uidAt[index] ?? 0) - start, uidDigits, number);
      writeHex(bytes, (this.#nameAt[index] ?? 0) - start, nameDigits, number);
    }
    return { bytes, lines: last - first };
  }
}

function after(line: Buffer, marker: string): number {
  const at = line.indexOf(marker);
  if (at < 0) throw new Error(`A line without ${marker}`);
  return at + marker.length;
}

function writeDecimal(bytes: Buffer, start: number, value: number): void {
  let rest = value;
  for (let at = start + 9; at >= start; at -= 1) {
    bytes[at] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function writeHex(bytes: Buffer, start: number, digits: number, value: number): void {
  let rest = value;
  for (let at = start + digits - 1; at >= start; at -= 1) {
    const digit = rest & 15;
    bytes[at] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    rest >>>= 4;
  }
}
