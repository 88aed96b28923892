import { z } from "zod";

import { configSchema } from "./schema.ts";

/** The configuration file as a JSON Schema (draft 2020-12), for editors and charts. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, {
    io: "input",
    override({ jsonSchema }) {
      // https://json-schema.org/understanding-json-schema/reference/annotations: never shown once written.
      if (jsonSchema["secret"] === true) jsonSchema.writeOnly = true;
      delete jsonSchema["secret"];
      delete jsonSchema["kind"];
    },
  });
}
