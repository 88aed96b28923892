/** A JSON object, as opposed to null and a list: what an unknown value must be before its fields are read. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
