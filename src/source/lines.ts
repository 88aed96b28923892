/** Longer lines are no Events: etcd refuses objects above 1.5 MiB by default. */
export const lineBytesMax = 4 * 1024 * 1024;

const newline = 0x0a;
const carryBytesInitial = 16 * 1024;

/**
 * Cuts a stream of chunks into lines at byte 0x0A (never at U+2028, as `node:readline` does). A line that lies in one
 * chunk is a view of it; only one that spans chunks is copied. Empty lines are left out.
 *
 * A line longer than `bytesMax` is given as its first `bytesMax + 1` bytes as soon as it is known to be too long, and
 * the rest of it is skipped: the decoder sees by the length that it is malformed. So at most that much is ever held.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  /** The beginning of a line whose end has not come yet: the first `#carried` bytes. */
  #carry = new Uint8Array(carryBytesInitial);
  #carried = 0;
  #skipping = false;

  constructor(bytesMax: number = lineBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that `chunk` ends. Each is valid until the next one is asked for; take all of them or give up the stream. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      if (this.#skipping) this.#skipping = false;
      else if (this.#carried > 0) {
        const line = this.#append(chunk, start, end);
        this.#carried = 0;
        yield line;
        this.#shrink();
      } else if (end > start) {
        yield chunk.subarray(start, Math.min(end, start + this.#bytesMax + 1));
      }
      start = end + 1;
    }
    if (this.#skipping || start === chunk.length) return;
    const line = this.#append(chunk, start, chunk.length);
    if (line.length <= this.#bytesMax) return;
    this.#skipping = true;
    this.#carried = 0;
    yield line;
    this.#shrink();
  }

  /** What came after the last newline: a line for a file, nothing for a watch, which gives it again on resuming. */
  end(): Uint8Array {
    const rest = this.#carry.subarray(0, this.#carried);
    this.#carried = 0;
    return rest;
  }

  #append(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const length = Math.min(this.#carried + end - start, this.#bytesMax + 1);
    if (length > this.#carry.length) {
      const grown = new Uint8Array(Math.min(Math.max(length, this.#carry.length * 2), this.#bytesMax + 1));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(start, start + length - this.#carried), this.#carried);
    this.#carried = length;
    return this.#carry.subarray(0, length);
  }

  /** One enormous line must not hold its memory for ever. */
  #shrink(): void {
    if (this.#carry.length > carryBytesInitial * 8) this.#carry = new Uint8Array(carryBytesInitial);
  }
}
