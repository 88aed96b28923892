import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type ErrorCode,
  type Pair,
} from "yaml";

import { assertNever } from "../shared/assert-never.ts";
import type { Fault } from "./fault.ts";
import { userinfoRanges, withoutUserinfo } from "./secret.ts";
import type { Settings } from "./settings.ts";
import { meantUrl, urlFault } from "./target.ts";
import { isTree, type Tree } from "./tree.ts";

type Range = readonly [start: number, end: number];

/** Where a key and its value stand. */
interface Place {
  readonly key: Range | undefined;
  readonly value: Range | undefined;
}

interface Problem {
  readonly kind: "duplicate" | "unusable";
  readonly path: readonly PropertyKey[];
  readonly range: Range;
  readonly message: string;
}

interface Findings {
  readonly document: Document;
  readonly settings: Settings;
  readonly problems: Problem[];
}

/** A place in the file, for a fault. */
export interface FilePlace {
  /** `FILE:LINE:COLUMN` */
  readonly where: string;
  readonly offset: number;
  readonly excerpt: string;
}

const excerptCharsMax = 160;

/**
 * The configuration file: what it says, and where. Excerpts of it never show the value of a secret setting, nor that of
 * a key which is unknown and may be a mistyped secret one, nor users and passwords in URLs.
 */
export class ConfigFile {
  readonly name: string;
  /** What stands in the file, without what is null: a section with all its lines commented out is no section. */
  readonly tree: Tree;
  /** What is wrong with it as YAML. */
  readonly faults: readonly Fault[];
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #places = new Map<string, Place>();
  readonly #hidden: Range[] = [];

  constructor(name: string, text: string, settings: Settings) {
    this.name = name;
    this.#text = text;
    this.#hidden.push(...userinfoRanges(text));
    // Duplicate keys are found below, with their path.
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      // Nothing is written to the log from here.
      logLevel: "error",
    });
    this.faults = this.#syntaxFaults(document);
    this.tree = {};
    // Where the file is no YAML, what else seems wrong with it mostly is not.
    if (this.faults.length > 0) return;
    const problems: Problem[] = [];
    this.#index(document.contents, [], { document, settings, problems });
    if (problems.every(({ kind }) => kind === "duplicate")) {
      const tree = treeOf(document, settings);
      if (typeof tree === "string")
        problems.push({ kind: "unusable", path: [], range: [0, 0], message: tree });
      else this.tree = tree;
    }
    // Only now is it known what must not be shown.
    this.faults = problems.map(({ kind, path, range, message }) => {
      const { where, offset, excerpt } = this.#at(range, kind === "unusable");
      return { where, path: pathText(path), message, excerpt, offset };
    });
  }

  /** The line where the value at the path begins, or undefined where the file has none. */
  lineOf(path: readonly PropertyKey[]): number | undefined {
    const place = this.#places.get(placeKey(path));
    const offset = place?.key?.[0] ?? place?.value?.[0];
    return offset === undefined ? undefined : this.#lines.linePos(offset).line;
  }

  /** The place of the value at the path (of its key, where `key` is asked for), or of what stands nearest around it. */
  placeOf(path: readonly PropertyKey[], part: "key" | "value"): FilePlace {
    for (let length = path.length; length > 0; length -= 1) {
      const place = this.#places.get(placeKey(path.slice(0, length)));
      const range =
        part === "key" || length < path.length ? (place?.key ?? place?.value) : (place?.value ?? place?.key);
      if (range !== undefined) return this.#at(range);
    }
    return this.#at([0, 0]);
  }

  #syntaxFaults(document: Document): Fault[] {
    // The first of a kind: those that follow mostly come from it.
    const seen = new Set<ErrorCode>();
    const first = [...document.errors, ...document.warnings].filter(({ code }) => {
      const isFirst = !seen.has(code);
      seen.add(code);
      return isFirst;
    });
    return first.map(({ code, message, pos }) => {
      const { where, offset, excerpt } = this.#at([pos[0], pos[1]], true);
      return { where, path: "", message: syntaxMessage(code, message), excerpt, offset };
    });
  }

  #index(node: unknown, path: readonly PropertyKey[], found: Findings): void {
    if (isAlias(node) && node.resolve(found.document) === undefined) {
      const message = "an alias without its anchor; put a text that begins with `*` in quotes";
      found.problems.push({ kind: "unusable", path, range: rangeOf(node) ?? [0, 0], message });
    }
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const itemPath = [...path, index];
        this.#places.set(placeKey(itemPath), { key: undefined, value: rangeOf(item) });
        this.#index(item, itemPath, found);
      }
    }
    if (!isMap(node)) return;
    for (const pair of node.items) {
      const childPath = [...path, keyOf(pair)];
      const place = { key: rangeOf(pair.key), value: rangeOf(pair.value) };
      const earlier = this.#places.get(placeKey(childPath));
      if (place.value !== undefined && mayBeSecret(childPath, pair.value, found.settings)) {
        this.#hidden.push(place.value);
      }
      if (earlier === undefined) this.#places.set(placeKey(childPath), place);
      else if (place.key !== undefined) {
        const line = this.#lines.linePos(earlier.key?.[0] ?? 0).line;
        const message = `given twice; the first is in line ${line}`;
        found.problems.push({ kind: "duplicate", path: childPath, range: place.key, message });
      }
      this.#index(pair.value, childPath, found);
    }
  }

  #at([start, end]: Range, syntax = false): FilePlace {
    const { line, col } = this.#lines.linePos(Math.min(start, this.#text.length));
    // A text without a line is at 0:0 for the counter.
    const lineNumber = Math.max(line, 1);
    const column = Math.max(col, 1);
    return {
      where: `${this.name}:${lineNumber}:${column}`,
      offset: start,
      excerpt: this.#excerpt(lineNumber, column, start, end, syntax),
    };
  }

  #excerpt(lineNumber: number, column: number, start: number, end: number, syntax: boolean): string {
    const lineStart = start - (column - 1);
    const lineFeed = this.#text.indexOf("\n", lineStart);
    const line = this.#text.slice(lineStart, lineFeed < 0 ? undefined : lineFeed).trimEnd();
    let shownChars = Math.min(line.length, excerptCharsMax);
    for (const [hiddenStart, hiddenEnd] of this.#hidden) {
      if (hiddenStart >= lineStart + line.length || hiddenEnd <= lineStart) continue;
      shownChars = Math.min(shownChars, Math.max(0, hiddenStart - lineStart));
    }
    // Where the file is no YAML, nobody knows which of its texts are secrets: only what is a key for sure is shown.
    if (syntax) shownChars = Math.min(shownChars, /^\s*(?:- )?\w+:/.exec(line)?.[0].length ?? 0);
    const shown = line.slice(0, shownChars) + (shownChars < line.length ? "…" : "");
    const gutter = String(lineNumber).padStart(5);
    const row = `${gutter} | ${shown.replaceAll("\t", " ")}`.trimEnd();
    if (column > shown.length) return row;
    const markedChars = Math.max(1, Math.min(end - start, shown.length - column + 1));
    return `${row}\n${" ".repeat(gutter.length)} | ${" ".repeat(column - 1)}${"^".repeat(markedChars)}`;
  }
}

/** `processor.filter.include[0].reasons` */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  // A forgotten space after a colon makes a URL part of its key.
  return withoutUserinfo(text);
}

function mayBeSecret(path: readonly PropertyKey[], value: unknown, settings: Settings): boolean {
  const parent = settings.leaves.get(path.slice(0, -1).join("."));
  // The whole mapping of headers has no range of its own to hide: its values have.
  if (parent !== undefined) return parent.secret;
  const name = path.join(".");
  const setting = settings.leaves.get(name);
  if (setting?.kind === "URL") return isBrokenUrl(value);
  if (setting !== undefined) return setting.secret && !isMap(value);
  const isBelowSetting = path.some((_, index) => settings.leaves.has(path.slice(0, index).join(".")));
  return !isBelowSetting && !settings.sections.has(name);
}

/** One in which nobody knows where a password would begin and end. */
function isBrokenUrl(value: unknown): boolean {
  const text = isScalar(value) ? String(value.value) : "";
  return urlFault(text) !== undefined && meantUrl(text) === undefined;
}

function placeKey(path: readonly PropertyKey[]): string {
  return path.map(String).join("\u0000");
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function rangeOf(node: unknown): Range | undefined {
  const range = isNode(node) ? node.range : undefined;
  return range === undefined || range === null ? undefined : [range[0], range[1]];
}

/** What the file says, or what keeps it from saying anything. */
function treeOf(document: Document, settings: Settings): Tree | string {
  let value: unknown;
  try {
    value = withoutNulls(document.toJS(), [], settings);
  } catch {
    return "its aliases (`*name`) stand for too much";
  }
  if (value === null) return {};
  return isTree(value) ? value : "expected a mapping with sections such as `otlp:` at the top";
}

/** Takes away sections and settings that are null; what a setting holds stays as it is. */
function withoutNulls(value: unknown, path: readonly string[], settings: Settings): unknown {
  if (!isTree(value) || settings.leaves.has(path.join("."))) return value;
  const kept: [string, unknown][] = [];
  for (const [key, child] of Object.entries(value)) {
    const childPath = [...path, key];
    const keptChild = withoutNulls(child, childPath, settings);
    if (keptChild !== null || !isKnown(childPath, settings)) kept.push([key, keptChild]);
  }
  // Not by assignment: `__proto__` is a key like any other, and as wrong.
  return Object.fromEntries(kept);
}

function isKnown(path: readonly string[], settings: Settings): boolean {
  const name = path.join(".");
  return settings.leaves.has(name) || settings.sections.has(name);
}

/**
 * The parser's own words only where they are fixed: in others it quotes the file, and nobody knows which texts of a
 * broken file are secrets.
 */
function syntaxMessage(code: ErrorCode, message: string): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "a tab stands in the indentation; YAML wants spaces";
    case "MULTIPLE_DOCS":
      return "more than one document; keep one, without `---` between";
    case "TAG_RESOLVE_FAILED":
      return "a tag that means nothing here; put a text that begins with `!` in quotes";
    case "BAD_DQ_ESCAPE":
      return "not YAML: no such escape sequence; in single quotes a backslash is itself";
    case "BAD_SCALAR_START":
      return "not YAML: a text cannot begin like this; put it in quotes";
    case "ALIAS_PROPS":
    case "BAD_INDENT":
    case "BAD_PROP_ORDER":
    case "BLOCK_AS_IMPLICIT_KEY":
    case "BLOCK_IN_FLOW":
    case "KEY_OVER_1024_CHARS":
    case "MISSING_CHAR":
    case "MULTILINE_IMPLICIT_KEY":
    case "MULTIPLE_ANCHORS":
    case "MULTIPLE_TAGS":
      return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
    case "BAD_ALIAS":
    case "BAD_COLLECTION_TYPE":
    case "BAD_DIRECTIVE":
    case "DUPLICATE_KEY":
    case "IMPOSSIBLE":
    case "NON_STRING_KEY":
    case "RESOURCE_EXHAUSTION":
    case "UNEXPECTED_TOKEN":
      return "not YAML: this is not expected here; check the indentation, and put texts with special characters in quotes";
    default:
      return assertNever(code);
  }
}
