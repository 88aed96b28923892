/** Stands for an entry that was taken; its slot stays occupied, so that what lies behind it is still found. */
const taken = -1;

/**
 * Counts by a 64-bit hash, in typed arrays: a hundred thousand entries are nothing that the garbage collector has to look
 * at, where a Map of texts would be its main work. 40 bytes an entry; room for all of them is taken at once.
 */
export class CountTable {
  readonly #entriesMax: number;
  readonly #mask: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** 0: the slot is free. */
  readonly #counts: Float64Array;
  #entered = 0;
  #size = 0;

  constructor(entriesMax: number) {
    // At most half full, so that a look-up takes a step or two.
    let slots = 2;
    while (slots < entriesMax * 2) slots *= 2;
    this.#entriesMax = entriesMax;
    this.#mask = slots - 1;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#counts = new Float64Array(slots);
  }

  /** Entries, without those taken. */
  get size(): number {
    return this.#size;
  }

  /** True when it takes no further entry; one that is there can still be set. */
  get full(): boolean {
    return this.#entered >= this.#entriesMax;
  }

  /** The count, above 0; 0 where there is none. */
  get({ high, low }: Hash): number {
    return Math.max(0, this.#counts[this.#slotOf(high, low)] ?? 0);
  }

  /** The count, which is no longer here then; 0 where there is none. */
  take({ high, low }: Hash): number {
    const slot = this.#slotOf(high, low);
    const count = this.#counts[slot] ?? 0;
    if (count <= 0) return 0;
    this.#counts[slot] = taken;
    this.#size -= 1;
    return count;
  }

  /** `count` is above 0. Throws a RangeError for a new entry when full. */
  set({ high, low }: Hash, count: number): void {
    const slot = this.#slotOf(high, low);
    const before = this.#counts[slot] ?? 0;
    if (before === 0) {
      if (this.full) throw new RangeError(`More than ${this.#entriesMax} counts`);
      this.#entered += 1;
      this.#high[slot] = high;
      this.#low[slot] = low;
    }
    if (before <= 0) this.#size += 1;
    this.#counts[slot] = count;
  }

  /** Where the entry is, or would be. */
  #slotOf(high: number, low: number): number {
    let slot = low & this.#mask;
    while (this.#counts[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}

/** Two unsigned words of 32 bits. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

/**
 * The hash of two texts. Not a secret one: who can write Events can make two that collide, and then one count is taken
 * for the other's. By chance that happens to one Event in 10^14. The result is valid until the next call.
 */
export class PairHash implements Hash {
  high = 0;
  low = 0;

  of(first: string, second: string): Hash {
    this.high = 0xdeadbeef;
    this.low = 0x41c6ce57;
    this.#add(first);
    // No UTF-16 unit: ("a", "bc") is not ("ab", "c").
    this.#mix(0x1_0000);
    this.#add(second);
    // The finish of cyrb53 (public domain), which carries each bit to all others.
    const { high, low } = this;
    const a = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
    const b = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
    this.high = a >>> 0;
    this.low = b >>> 0;
    return this;
  }

  #add(text: string): void {
    let { high, low } = this;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      high = Math.imul(high ^ unit, 2_654_435_761);
      low = Math.imul(low ^ unit, 1_597_334_677);
    }
    this.high = high;
    this.low = low;
  }

  #mix(unit: number): void {
    this.high = Math.imul(this.high ^ unit, 2_654_435_761);
    this.low = Math.imul(this.low ^ unit, 1_597_334_677);
  }
}
