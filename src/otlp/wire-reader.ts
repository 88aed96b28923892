import { isUtf8 } from "node:buffer";

/**
 * Reads protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) from bytes of unknown origin.
 *
 * A fault sticks: the first one is kept in `fault`, `done` is true from then on and every read gives a default, so a
 * caller's loops end by themselves and it looks at `fault` once, at the end. Nothing throws and nothing is read beyond
 * the message.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #position = 0;
  #end: number;
  #depth = 0;
  #fault: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** What is wrong and at which byte; undefined while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** True at the end of the message that was entered last, or after a fault. */
  get done(): boolean {
    return this.#position >= this.#end || this.#fault !== undefined;
  }

  /** The next field's tag: `field number << 3 | wire type`. */
  tag(): number {
    const at = this.#position;
    const tag = Number(this.varint());
    if (tag >>> 3 === 0 || tag > 0xff_ff_ff_ff) this.fail("No field number", at);
    return tag;
  }

  /** An unsigned varint of up to 64 bits. */
  varint(): bigint {
    const at = this.#position;
    let low = 0;
    // Seven groups of 7 bits stay exact in a number; what is longer is rare (negative integers, far-out values).
    for (let group = 0, scale = 1; group < 7; group += 1, scale *= 128) {
      const byte = this.#next(at);
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#next(at);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    this.fail("Varint longer than 10 bytes", at);
    return 0n;
  }

  /** A varint as the two's complement int64 that protobuf means by it. */
  int64(): bigint {
    return BigInt.asIntN(64, this.varint());
  }

  /** A varint of which protobuf keeps the lower 32 bits. */
  uint32(): number {
    return Number(BigInt.asUintN(32, this.varint()));
  }

  fixed32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#bytes.readUInt32LE(at);
  }

  fixed64(): bigint {
    const at = this.#take(8);
    return at < 0 ? 0n : this.#bytes.readBigUInt64LE(at);
  }

  double(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#bytes.readDoubleLE(at);
  }

  /** A copy, so that what was decoded does not hold the request's bytes. */
  bytes(): Uint8Array {
    const length = this.#length();
    const at = this.#take(length);
    return at < 0 ? new Uint8Array() : Uint8Array.from(this.#bytes.subarray(at, at + length));
  }

  /** A string; what is not UTF-8 is a fault, as protobuf demands. */
  text(): string {
    const length = this.#length();
    const at = this.#take(length);
    if (at < 0) return "";
    if (!isUtf8(this.#bytes.subarray(at, at + length))) {
      this.fail("String is not UTF-8", at);
      return "";
    }
    return this.#bytes.toString("utf8", at, at + length);
  }

  /** Enters the message at hand and returns what `leave` wants. `depthMax` bounds the nesting below it. */
  enter(depthMax: number): number {
    const outerEnd = this.#end;
    const at = this.#position;
    const length = this.#length();
    if (length > this.#end - this.#position) this.fail("Message longer than its surroundings", at);
    else this.#end = this.#position + length;
    this.#depth += 1;
    if (this.#depth > depthMax) this.fail(`Nested deeper than ${depthMax}`, at);
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#position = this.#end;
    this.#end = outerEnd;
    this.#depth -= 1;
  }

  /** Passes over a field that the caller does not know, or knows by another wire type. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(this.#length());
    else if (wireType === 5) this.#take(4);
    else this.fail(`Wire type ${wireType}`, this.#position);
  }

  /** Keeps the first fault; later ones follow from it. */
  fail(what: string, at: number = this.#position): void {
    this.#fault ??= `${what} at byte ${at}`;
  }

  #length(): number {
    // Beyond 2^53 the number is inexact, but still far longer than anything around it.
    return Number(this.varint());
  }

  #take(length: number): number {
    const at = this.#position;
    if (length > this.#end - at) {
      this.fail("Cut off", at);
      return -1;
    }
    this.#position = at + length;
    return this.#fault === undefined ? at : -1;
  }

  #next(start: number): number {
    const byte = this.done ? undefined : this.#bytes[this.#position];
    if (byte === undefined) {
      this.fail("Cut off", start);
      return 0;
    }
    this.#position += 1;
    return byte;
  }
}
