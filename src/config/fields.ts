import { z } from "zod";

import { describeValue } from "./describe-value.ts";
import { durationMsOf, durationPattern } from "./duration.ts";
import { bytesOf, sizePattern } from "./size.ts";

/** What the documentation and the loader need to know of a setting, beside its schema. */
interface FieldText {
  readonly meaning: string;
}

/** A length of time; ms once parsed. */
export function duration(field: FieldText & { default: string; min: string; max: string }) {
  const expected = "expected a duration such as 500ms, 30s or 1h30m";
  return z
    .string({ error: ({ input }) => `${expected}, got ${describeValue(input)}${unitHint(input, "s")}` })
    .regex(durationPattern, { error: ({ input }) => `${expected}, got ${describeValue(input)}` })
    .transform(durationMsOf)
    .refine((ms) => ms >= durationMsOf(field.min) && ms <= durationMsOf(field.max), {
      error: `must lie between ${field.min} and ${field.max}`,
    })
    .prefault(field.default)
    .meta({ description: field.meaning, kind: `duration, ${field.min} to ${field.max}` });
}

/** A number of bytes, once parsed. */
export function size(field: FieldText & { default: string; min: string; max: string }) {
  const expected = "expected a size such as 512KiB or 32MiB";
  return z
    .string({ error: ({ input }) => `${expected}, got ${describeValue(input)}${unitHint(input, "B")}` })
    .regex(sizePattern, { error: ({ input }) => `${expected}, got ${describeValue(input)}` })
    .transform(bytesOf)
    .refine((bytes) => bytes >= bytesOf(field.min) && bytes <= bytesOf(field.max), {
      error: `must lie between ${field.min} and ${field.max}`,
    })
    .prefault(field.default)
    .meta({ description: field.meaning, kind: `size, ${field.min} to ${field.max}` });
}

/** A whole number. */
export function count(field: FieldText & { default: number; min: number; max: number }) {
  return z
    .int()
    .min(field.min)
    .max(field.max)
    .prefault(field.default)
    .meta({ description: field.meaning, kind: `whole number, ${field.min} to ${field.max}` });
}

/** Any text; "" where it is not given. */
export function text(field: FieldText & { default?: string }) {
  return z
    .string()
    .prefault(field.default ?? "")
    .meta({ description: field.meaning, kind: "text" });
}

/** The path of a file that must be readable at the start; "" for none. Relative to the working directory. */
export function filePath(field: FieldText) {
  return z.string().prefault("").meta({ description: field.meaning, kind: "file" });
}

export function flag(field: FieldText & { default: boolean }) {
  return z.boolean().prefault(field.default).meta({ description: field.meaning, kind: "true or false" });
}

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly [Word, ...Word[]],
  field: FieldText & { default: NoInfer<Word> },
) {
  return z
    .enum(words)
    .prefault(field.default)
    .meta({ description: field.meaning, kind: words.map((word) => `\`${word}\``).join(" or ") });
}

function unitHint(input: unknown, unit: string): string {
  return typeof input === "number" ? `; did you mean \`${input}${unit}\`?` : "";
}
