import { redactionNames, type RedactionName } from "../model/redaction-names.ts";
import { builtinRedactions } from "./builtin-redactions.ts";

export interface Redacted {
  readonly text: string;
  /** How many secrets were replaced. */
  readonly count: number;
}

/** A user's own redaction. `replace` must take linear time, whatever the text, and must not throw. */
export interface Redaction {
  readonly name: string;
  replace(text: string): Redacted;
}

/** Replaces the secrets of a text by `[redacted:<name>]`; undefined where there is none. Doing it again changes nothing. */
export type Redact = (text: string) => Redacted | undefined;

/**
 * Nearly no message holds a secret, so the common way is short: one pass over the text notes which of some thirty
 * telling characters it has, and only patterns all of whose characters are there are tried. (Measured on
 * real messages of 76 characters in the mean: 0.25 µs for all of it, against 0.4 to 0.5 µs for only asking whether one
 * alternation of all beginnings, or an `indexOf` of each, finds something.)
 */
export function createRedactor(active: readonly RedactionName[], extra: readonly Redaction[]): Redact {
  const bits = new CharacterBits();
  const searches = redactionNames
    .filter((name) => active.includes(name))
    .flatMap((name) =>
      builtinRedactions[name].map(({ needs, contains, pattern }) => ({
        needs: bits.of(needs),
        contains: contains ?? "",
        // Of our own: a RegExp remembers where it was.
        pattern: new RegExp(pattern),
        mark: `[redacted:${name}]`,
      })),
    );

  return (original) => {
    const present = bits.in(original);
    let text = original;
    let count = 0;
    for (const search of searches) {
      if ((present & search.needs) !== search.needs || !text.includes(search.contains)) continue;
      if (text.search(search.pattern) < 0) continue;
      const redacted = replaceAll(text, search.pattern, search.mark);
      ({ text } = redacted);
      count += redacted.count;
    }
    for (const redaction of extra) {
      const redacted = redaction.replace(text);
      ({ text } = redacted);
      count += redacted.count;
    }
    return count === 0 ? undefined : { text, count };
  };
}

/** Puts `mark` in the place of each match, all but its group 1. */
function replaceAll(text: string, pattern: RegExp, mark: string): Redacted {
  let count = 0;
  const replaced = text.replace(pattern, (_match, kept: unknown) => {
    count += 1;
    // Without a group the position of the match comes instead.
    return typeof kept === "string" ? kept + mark : mark;
  });
  return { text: replaced, count };
}

/** Gives each character that some pattern needs a bit. Were there more than 31, they would share bits: more searches. */
class CharacterBits {
  readonly #bitOf = new Int32Array(128);
  #used = 0;

  of(characters: string): number {
    let bits = 0;
    for (const character of characters) {
      const code = character.charCodeAt(0);
      let bit = this.#bitOf[code] ?? 0;
      if (bit === 0) {
        bit = 1 << (this.#used % 31);
        this.#used += 1;
        this.#bitOf[code] = bit;
      }
      bits |= bit;
    }
    return bits;
  }

  /** The bits of the characters that `text` has. */
  in(text: string): number {
    const bitOf = this.#bitOf;
    let present = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 128) present |= bitOf[code] ?? 0;
    }
    return present;
  }
}
