import { z } from "zod";

import { configSchema } from "./schema.ts";

/** One thing that can be set: a leaf of the configuration's tree. */
export interface Setting {
  readonly path: readonly string[];
  /** `otlp.batch.recordsMax` */
  readonly name: string;
  /** `TIDINGS_OTLP_BATCH_RECORDS_MAX` */
  readonly variable: string;
  readonly meaning: string;
  /** Its type and bounds in words. */
  readonly kind: string;
  /** As a user would write it. */
  readonly defaultValue: unknown;
  /** A text is taken from the environment as it stands; anything else is written there as YAML. */
  readonly isText: boolean;
  /** Its values are never printed. */
  readonly secret: boolean;
}

/** A group of settings. */
export interface Section {
  readonly path: readonly string[];
  readonly name: string;
  readonly meaning: string;
}

export interface Settings {
  readonly leaves: ReadonlyMap<string, Setting>;
  readonly sections: ReadonlyMap<string, Section>;
}

/** Every setting and section by its name, in the schema's order. */
export function settingsOf(schema: z.core.$ZodType = configSchema): Settings {
  const leaves = new Map<string, Setting>();
  const sections = new Map<string, Section>();
  collect(schema, [], leaves, sections);
  return { leaves, sections };
}

/** `otlp.batch.recordsMax` is `TIDINGS_OTLP_BATCH_RECORDS_MAX`. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/[A-Z]+/g, (letters) => `_${letters}`).toUpperCase());
  return ["TIDINGS", ...words].join("_");
}

/** The setting that the path lies in; the path itself where it is a section or unknown. */
export function settingName(path: readonly PropertyKey[], settings: Settings): string {
  for (let length = 1; length < path.length; length += 1) {
    const name = path.slice(0, length).map(String).join(".");
    if (settings.leaves.has(name)) return name;
  }
  return path.map(String).join(".");
}

/** The keys that a mapping at the path may have; none where anything goes, or where there is no such path. */
export function keysAt(
  path: readonly PropertyKey[],
  schema: z.core.$ZodType = configSchema,
): readonly string[] {
  const inner = inputOf(schema);
  const [key, ...rest] = path;
  if (key === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodArray) return keysAt(rest, inner.element);
  if (!(inner instanceof z.ZodObject)) return [];
  const child: unknown = Object.hasOwn(inner.shape, key) ? Reflect.get(inner.shape, key) : undefined;
  return child instanceof z.ZodType ? keysAt(rest, child) : [];
}

function collect(
  schema: z.core.$ZodType,
  path: readonly string[],
  leaves: Map<string, Setting>,
  sections: Map<string, Section>,
): void {
  const meta = z.globalRegistry.get(schema) ?? {};
  const inner = inputOf(schema);
  const name = path.join(".");
  const meaning = meta.description ?? "";
  if (inner instanceof z.ZodObject) {
    sections.set(name, { path, name, meaning });
    for (const [key, child] of Object.entries<z.core.$ZodType>(inner.shape)) {
      collect(child, [...path, key], leaves, sections);
    }
    return;
  }
  leaves.set(name, {
    path,
    name,
    variable: variableOf(path),
    meaning,
    kind: String(meta["kind"]),
    defaultValue: schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined,
    isText: inner instanceof z.ZodString || inner instanceof z.ZodEnum,
    secret: meta["secret"] === true,
  });
}

/** The schema of what is written, below defaults and transformations. */
function inputOf(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPrefault) return inputOf(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return inputOf(schema.def.in);
  return schema;
}
