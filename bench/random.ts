/** Chance that is the same in every run. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** So many of the letters and digits that Kubernetes makes up names of. */
  letters(count: number): string;
  /** A version 4 UUID. */
  uuid(): string;
}

/** https://github.com/kubernetes/apimachinery/blob/v0.33.0/pkg/util/rand/rand.go */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** mulberry32: small, and good enough to make names. */
export function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const hex = (digits: number): string => {
    let text = "";
    for (let index = 0; index < digits; index += 1) text += Math.floor(next() * 16).toString(16);
    return text;
  };
  return {
    next,
    letters(count) {
      let text = "";
      for (let index = 0; index < count; index += 1) text += alphabet[Math.floor(next() * alphabet.length)];
      return text;
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
