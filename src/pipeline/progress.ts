import { compareResourceVersions } from "../model/resource-version.ts";

/**
 * How far one watch is read, and how far it is acknowledged: the highest resourceVersion such that every input up to it
 * is settled. Who resumes from there reads again all that was not settled, and of the rest only what was settled out of
 * turn.
 *
 *   open    an input is on its way and gets the next number; what is filtered at once need not be opened
 *   reach   every input up to this resourceVersion has been opened, if it had to be
 *   settle  nothing more will happen to an input; in any order
 *
 * A list calls `reach` once, at its end: its items come in the order of their keys, so that a resourceVersion in the
 * middle says nothing of those that follow.
 *
 * No object for an input: a byte and a place for a resourceVersion, `openMax` of each, made at the start. All is O(1) an
 * input. Nothing waits and nothing calls back: what flows backwards is pulled.
 */
export class Progress {
  readonly #openMax: number;
  /** By number modulo `openMax`, from the oldest unsettled input on: 1 where one is settled out of turn. */
  readonly #settled: Uint8Array;
  /** Likewise: what `reach` said after this input and before the next; undefined where it was not called between. */
  readonly #reached: (string | undefined)[];
  /** The oldest unsettled input; the next number where there is none. */
  #oldest = 0;
  #next = 0;
  #read: string | undefined;
  #acknowledged: string | undefined;

  /**
   * @param options.openMax inputs from the oldest that is not settled to the newest; a positive integer
   */
  constructor(options: { readonly openMax: number }) {
    const { openMax } = options;
    if (!Number.isSafeInteger(openMax) || openMax < 1) throw new RangeError(`openMax ${openMax}`);
    this.#openMax = openMax;
    this.#settled = new Uint8Array(openMax);
    this.#reached = Array.from<string | undefined>({ length: openMax });
  }

  /** How many more can be opened now. Who has more waits: one input that is not settled holds its followers' places. */
  get room(): number {
    return this.#openMax - (this.#next - this.#oldest);
  }

  /** The last resourceVersion that was reached; undefined before the first. */
  get read(): string | undefined {
    return this.#read;
  }

  /** The last resourceVersion that was reached with every input before it settled; undefined before the first. */
  get acknowledged(): string | undefined {
    return this.#acknowledged;
  }

  /** The number of the new input. Throws where there is no room: the caller has to ask before. */
  open(): number {
    if (this.room === 0) throw new Error(`no room for another input beside ${this.#openMax}`);
    const input = this.#next;
    this.#next += 1;
    return input;
  }

  /**
   * One older than the last changes nothing: whatever stands between us and the API server, a position never goes back.
   * A history that did go back is another one: `rewind`.
   */
  reach(resourceVersion: string): void {
    if (this.#read !== undefined && compareResourceVersions(resourceVersion, this.#read) < 0) return;
    this.#read = resourceVersion;
    if (this.#oldest === this.#next) this.#acknowledged = resourceVersion;
    else this.#reached[(this.#next - 1) % this.#openMax] = resourceVersion;
  }

  /** Begins at a position that another process has acknowledged. Before anything is opened. */
  resume(resourceVersion: string): void {
    this.#read = resourceVersion;
    this.#acknowledged = resourceVersion;
  }

  /**
   * The history was replaced, and its resourceVersions are not to be compared with the ones before: there is no position
   * until one is reached. Inputs that are open stay so, and nothing is acknowledged past them.
   */
  rewind(): void {
    this.#reached.fill(undefined);
    this.#read = undefined;
    this.#acknowledged = undefined;
  }

  /** Throws on an input that is not open: settled twice, the account would be wrong without a sign of it. */
  settle(input: number): void {
    if (input < this.#oldest || input >= this.#next || this.#settled[input % this.#openMax] === 1) {
      throw new Error(`input ${input} is not open`);
    }
    this.#settled[input % this.#openMax] = 1;
    while (this.#oldest < this.#next) {
      const place = this.#oldest % this.#openMax;
      if (this.#settled[place] === 0) return;
      this.#acknowledged = this.#reached[place] ?? this.#acknowledged;
      this.#settled[place] = 0;
      this.#reached[place] = undefined;
      this.#oldest += 1;
    }
  }
}
