import type { EventRecord } from "../model/event-record.ts";

/**
 * What a record must be to match: in every list given, one value matches. Values are exact and case-sensitive, with `*`
 * for any run of characters. `namespaces: [""]` is the cluster-scoped objects. A rule without lists matches everything.
 */
export interface FilterRule {
  /** Of the object that the Event is about. */
  readonly namespaces?: readonly string[] | undefined;
  /** Of that object. */
  readonly kinds?: readonly string[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  /** `Normal`, `Warning`. */
  readonly types?: readonly string[] | undefined;
  /** The reporting controllers. */
  readonly controllers?: readonly string[] | undefined;
}

export interface FilterOptions {
  /** Empty: everything. */
  readonly include: readonly FilterRule[];
  /** Wins over `include`. */
  readonly exclude: readonly FilterRule[];
}

/** Compiles the rules once; the result says whether a record is exported. */
export function createFilter(options: FilterOptions): (record: EventRecord) => boolean {
  const include = options.include.map((rule) => new CompiledRule(rule));
  const exclude = options.exclude.map((rule) => new CompiledRule(rule));
  return (record) => (include.length === 0 || matchesAny(include, record)) && !matchesAny(exclude, record);
}

function matchesAny(rules: readonly CompiledRule[], record: EventRecord): boolean {
  for (const rule of rules) if (rule.matches(record)) return true;
  return false;
}

class CompiledRule {
  readonly #namespaces: Values | undefined;
  readonly #kinds: Values | undefined;
  readonly #reasons: Values | undefined;
  readonly #types: Values | undefined;
  readonly #controllers: Values | undefined;

  constructor(rule: FilterRule) {
    this.#namespaces = compile(rule.namespaces);
    this.#kinds = compile(rule.kinds);
    this.#reasons = compile(rule.reasons);
    this.#types = compile(rule.types);
    this.#controllers = compile(rule.controllers);
  }

  matches(record: EventRecord): boolean {
    return (
      matches(this.#types, record.severityText) &&
      matches(this.#namespaces, record.namespace) &&
      matches(this.#reasons, record.reason) &&
      matches(this.#kinds, record.objectKind) &&
      matches(this.#controllers, record.reportingController)
    );
  }
}

interface Values {
  readonly exact: ReadonlySet<string>;
  /** Each split at its `*`: at least two parts. */
  readonly globs: readonly (readonly string[])[];
}

function compile(values: readonly string[] | undefined): Values | undefined {
  if (values === undefined) return undefined;
  return {
    exact: new Set(values.filter((value) => !isGlob(value))),
    globs: values.filter(isGlob).map((value) => value.split("*")),
  };
}

function isGlob(value: string): boolean {
  return value.includes("*");
}

function matches(values: Values | undefined, text: string): boolean {
  if (values === undefined || values.exact.has(text)) return true;
  for (const glob of values.globs) if (matchesGlob(glob, text)) return true;
  return false;
}

/** Each part at its first place after the one before: with `*` as the only wildcard that never needs to go back. */
function matchesGlob(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  const end = text.length - last.length;
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (let index = 1; index < parts.length - 1; index += 1) {
    const part = parts[index] ?? "";
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= end;
}
