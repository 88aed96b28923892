/**
 * Writes protobuf messages one behind the other into slabs of 256 KiB, so that a record costs one small view and no
 * allocation of its own.
 *
 * A view keeps its whole slab alive. Records leave in about the order in which they were written, so the slabs of a
 * queue in arrival order are all of use but the first and the last: what a queue pins is what it counts plus at most
 * one slab for each request in flight and two more. Who takes them in another order copies out what is held long
 * (`delivery/queue.ts`, for one stream a request). A smaller slab would save little and cost a new
 * allocation every few records.
 *
 * Want of room sticks until `begin`: every write is then void, `end` gives undefined, and the caller writes the record
 * again into the larger slab that it asked for with `grow`.
 */
export class SlabWriter {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #start = 0;
  #position = 0;
  #full = false;

  readonly #wide = new BigUint64Array(1);
  readonly #wideBytes = new Uint8Array(this.#wide.buffer);

  begin(): void {
    this.#position = this.#start;
    this.#full = false;
  }

  /** The bytes since `begin`, or undefined when they did not fit. */
  end(): Uint8Array | undefined {
    if (this.#full) return undefined;
    const message = new Uint8Array(this.#slab.buffer, this.#start, this.#position - this.#start);
    this.#start = this.#position;
    return message;
  }

  /** Takes a new slab: the usual size, or twice the one at hand when that was empty and still too small. */
  grow(): void {
    this.#slab = Buffer.allocUnsafeSlow(this.#start === 0 ? this.#slab.length * 2 : slabBytes);
    this.#start = 0;
  }

  /** A field of fixed64; 0 and what protobuf cannot hold are left out or clamped. */
  fixed64(tag: number, value: bigint): void {
    if (value <= 0n || !this.#hasRoom(9)) return;
    this.#wide[0] = value > uint64Max ? uint64Max : value;
    const slab = this.#slab;
    let at = this.#position;
    slab[at++] = tag;
    // Protobuf and every platform that Node runs on are little-endian.
    for (let index = 0; index < 8; index += 1) slab[at++] = this.#wideBytes[index] ?? 0;
    this.#position = at;
  }

  /** A field with a small number, such as an enum; 0 is left out. */
  small(tag: number, value: number): void {
    if (value === 0 || !this.#hasRoom(6)) return;
    this.#slab[this.#position++] = tag;
    this.#position = this.#varint(this.#position, value);
  }

  /** A string field; an empty one is left out. */
  text(tag: number, value: string): void {
    if (value === "" || !this.#hasRoom(8 + value.length * 3)) return;
    const at = this.#position;
    let bytes = value.length;
    this.#position = this.#textHead(at, tag, bytes);
    const written = this.#string(this.#position, value);
    if (written !== bytes) {
      bytes = written;
      this.#position = this.#textHead(at, tag, bytes);
      this.#string(this.#position, value);
    }
    this.#position += bytes;
  }

  /** A message field that holds an AnyValue with a string; an empty one is left out. */
  anyText(tag: number, value: string): void {
    if (value === "" || !this.#hasRoom(16 + value.length * 3)) return;
    const at = this.#position;
    let bytes = value.length;
    this.#position = this.#anyTextHead(at, tag, bytes);
    const written = this.#string(this.#position, value);
    if (written !== bytes) {
      bytes = written;
      this.#position = this.#anyTextHead(at, tag, bytes);
      this.#string(this.#position, value);
    }
    this.#position += bytes;
  }

  /** A KeyValue field with a string; an empty one is left out. `key` is the KeyValue's own key field, encoded. */
  textAttribute(tag: number, key: Uint8Array, value: string): void {
    if (value === "" || !this.#hasRoom(24 + key.length + value.length * 3)) return;
    const at = this.#position;
    // The length stands before the text, and is right at the first try whenever the text is ASCII.
    let bytes = value.length;
    this.#position = this.#textAttributeHead(at, tag, key, bytes);
    const written = this.#string(this.#position, value);
    if (written !== bytes) {
      bytes = written;
      this.#position = this.#textAttributeHead(at, tag, key, bytes);
      this.#string(this.#position, value);
    }
    this.#position += bytes;
  }

  /** A KeyValue field with an int64: without its fraction, clamped to what int64 holds; NaN is left out. */
  intAttribute(tag: number, key: Uint8Array, value: number): void {
    if (Number.isNaN(value) || !this.#hasRoom(24 + key.length)) return;
    const int = Math.trunc(value);
    const small = int >= 0 && int <= 0xff_ff_ff_ff;
    const bits = small ? 0n : int64Bits(int);
    const anyLength = 1 + (small ? varintLength(int) : wideVarintLength(bits));
    const slab = this.#slab;
    let at = this.#position;
    slab[at++] = tag;
    at = this.#varint(at, key.length + 2 + anyLength);
    slab.set(key, at);
    at += key.length;
    slab[at++] = valueTag;
    slab[at++] = anyLength;
    slab[at++] = intValueTag;
    this.#position = small ? this.#varint(at, int) : this.#wideVarint(at, bits);
  }

  /** A KeyValue field with true. */
  trueAttribute(tag: number, key: Uint8Array): void {
    if (!this.#hasRoom(16 + key.length)) return;
    const slab = this.#slab;
    let at = this.#position;
    slab[at++] = tag;
    at = this.#varint(at, key.length + 4);
    slab.set(key, at);
    at += key.length;
    slab[at++] = valueTag;
    slab[at++] = 2;
    slab[at++] = boolValueTag;
    slab[at++] = 1;
    this.#position = at;
  }

  #hasRoom(bytes: number): boolean {
    if (this.#position + bytes > this.#slab.length) this.#full = true;
    return !this.#full;
  }

  #textHead(start: number, tag: number, bytes: number): number {
    this.#slab[start] = tag;
    return this.#varint(start + 1, bytes);
  }

  #anyTextHead(start: number, tag: number, bytes: number): number {
    const at = this.#textHead(start, tag, 1 + varintLength(bytes) + bytes);
    return this.#textHead(at, stringValueTag, bytes);
  }

  #textAttributeHead(start: number, tag: number, key: Uint8Array, bytes: number): number {
    const anyLength = 1 + varintLength(bytes) + bytes;
    const at = this.#textHead(start, tag, key.length + 1 + varintLength(anyLength) + anyLength);
    this.#slab.set(key, at);
    return this.#textHead(this.#textHead(at + key.length, valueTag, anyLength), stringValueTag, bytes);
  }

  /** Writes UTF-8, a lone surrogate as U+FFFD, and returns how many bytes it took. */
  #string(start: number, value: string): number {
    const length = value.length;
    // Below this a loop beats the call into native code.
    if (length > loopLengthMax) return this.#slab.write(value, start, "utf8");
    const slab = this.#slab;
    for (let index = 0; index < length; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) return slab.write(value, start, "utf8");
      slab[start + index] = unit;
    }
    return length;
  }

  /** A varint of up to 32 bits. */
  #varint(start: number, value: number): number {
    const slab = this.#slab;
    let at = start;
    let rest = value;
    while (rest > 0x7f) {
      slab[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    slab[at++] = rest;
    return at;
  }

  #wideVarint(start: number, value: bigint): number {
    let at = start;
    let rest = value;
    while (rest > 0x7fn) {
      this.#slab[at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#slab[at++] = Number(rest);
    return at;
  }
}

const slabBytes = 256 * 1024;
const loopLengthMax = 48;
const uint64Max = 2n ** 64n - 1n;

// Of KeyValue and AnyValue: field number << 3 | wire type.
const valueTag = (2 << 3) | 2;
const stringValueTag = (1 << 3) | 2;
const boolValueTag = 2 << 3;
const intValueTag = 3 << 3;

function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x40_00) return 2;
  if (value < 0x20_00_00) return 3;
  return value < 0x10_00_00_00 ? 4 : 5;
}

function int64Bits(value: number): bigint {
  const clamped = Math.max(-(2 ** 63), Math.min(value, 2 ** 63));
  // 2^63 itself is one too many; the double below it is 1,024 less.
  const int = clamped === 2 ** 63 ? 2n ** 63n - 1n : BigInt(clamped);
  return BigInt.asUintN(64, int);
}

function wideVarintLength(value: bigint): number {
  let length = 1;
  for (let rest = value; rest > 0x7fn; rest >>= 7n) length += 1;
  return length;
}
