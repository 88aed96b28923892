import { z } from "zod";

import { redactionNames } from "../model/redaction-names.ts";
import { choice, count, size } from "./fields.ts";

const values = (meaning: string) =>
  z
    .array(z.string().min(1, { error: "an empty text matches nothing" }))
    .min(1)
    .optional()
    .meta({ description: meaning });

const filterRule = z
  .strictObject({
    namespaces: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({ description: 'Namespaces of the object that the Event is about; "" for objects without one' }),
    kinds: values("Kinds of that object, such as `Pod`"),
    reasons: values("Reasons, such as `FailedScheduling`"),
    types: values("Types: `Normal`, `Warning`"),
    controllers: values("Reporting controllers, such as `kubelet`"),
  })
  .refine((rule) => Object.values(rule).some((list) => list !== undefined), {
    error:
      "a rule without a condition would match every Event; give it namespaces, kinds, reasons, types or controllers",
  });

const filterRules = (meaning: string) =>
  z.array(filterRule).prefault([]).meta({ description: meaning, kind: "list of rules" });

export const processorSchema = z
  .strictObject({
    messageBytesMax: size({
      meaning:
        "Bytes of an Event's message that are exported; what is beyond is cut, and the record says how much",
      default: "16KiB",
      min: "256B",
      max: "256KiB",
    }),
    baselinesMax: count({
      meaning: "Events whose last count is remembered, to tell how many occurrences a change stands for",
      default: 100_000,
      min: 1000,
      max: 10_000_000,
    }),
    redact: z
      .strictObject({
        builtin: z
          .array(z.enum(redactionNames))
          .prefault([...redactionNames])
          .meta({
            description: "Secrets that are replaced in messages by built-in rules",
            kind: "list of names",
          }),
        patterns: z
          .array(
            z.strictObject({
              name: z
                .string()
                .regex(/^[a-z][a-z0-9_]{0,62}$/, {
                  error: "a name has lower-case letters, digits and `_`, and begins with a letter",
                })
                .meta({ description: "Stands in the place of what was replaced" }),
              pattern: z
                .string()
                .min(1, { error: "an empty pattern matches everywhere" })
                .max(1000, { error: "a pattern has at most 1000 characters" })
                .meta({
                  description:
                    "RE2 syntax, matched in linear time (https://github.com/google/re2/wiki/Syntax)",
                }),
            }),
          )
          .max(100)
          .prefault([])
          .meta({
            description: "Your own secrets, as regular expressions",
            kind: "list of `{name, pattern}`",
          }),
      })
      .prefault({})
      .meta({ description: "Secrets in messages" }),
    filter: z
      .strictObject({
        include: filterRules(
          "Only Events that match one of these rules are exported; every Event where there is none",
        ),
        exclude: filterRules(
          "Events that match one of these rules are not exported, whatever `include` says",
        ),
      })
      .prefault({})
      .meta({
        description:
          "What is exported. A rule matches when each of its lists holds the Event's value; `*` in a value stands for any text",
      }),
  })
  .prefault({})
  .meta({ description: "What is made of an Event" });

export const outputSchema = choice(["otlp", "stdout"], {
  meaning: "Where records go: to an OTLP endpoint, or to standard output as OTLP JSON lines",
  default: "otlp",
});
