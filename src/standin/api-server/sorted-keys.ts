/**
 * Keys in order, for lists: sorted blocks of bounded size, so that adding to a million keys moves some hundred places
 * and not the million. (Comparison by UTF-16 units equals etcd's by bytes, because names in Kubernetes are ASCII.)
 */
export class SortedKeys {
  static readonly #blockSizeMax = 512;
  readonly #blocks: string[][] = [[]];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blockAt(index);
    block.splice(lowerBound(block, key), 0, key);
    this.#size += 1;
    if (block.length > SortedKeys.#blockSizeMax) {
      this.#blocks.splice(index + 1, 0, block.splice(block.length >>> 1));
    }
  }

  delete(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blockAt(index);
    const position = lowerBound(block, key);
    if (block[position] !== key) return;
    block.splice(position, 1);
    this.#size -= 1;
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(index, 1);
  }

  /** The keys from `start` (inclusive) in order. Keys must not be added or deleted meanwhile. */
  *from(start: string): Generator<string> {
    const first = this.#blockOf(start);
    for (let index = first; index < this.#blocks.length; index += 1) {
      const block = this.#blockAt(index);
      for (let at = index === first ? lowerBound(block, start) : 0; at < block.length; at += 1) {
        yield block[at] ?? "";
      }
    }
  }

  /** How many keys are smaller than `key`. */
  rank(key: string): number {
    const index = this.#blockOf(key);
    let before = 0;
    for (let block = 0; block < index; block += 1) before += this.#blockAt(block).length;
    return before + lowerBound(this.#blockAt(index), key);
  }

  /** The last block whose first key is not greater than `key`. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blockAt(middle)[0] ?? "") <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #blockAt(index: number): string[] {
    return this.#blocks[index] ?? [];
  }
}

/** The first position whose key is not smaller than `key`. */
function lowerBound(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
