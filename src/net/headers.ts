/** One value a name, as `HttpResponse` has them; pseudo headers are left out. */
export function joinedHeaders(
  headers: Readonly<Record<string, string | string[] | number | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    joined[name] = Array.isArray(value) ? value.join(", ") : String(value);
  }
  return joined;
}

/**
 * Whether Node's HTTP clients take it: they throw for anything else, a line break in a token's file for one.
 * https://www.rfc-editor.org/rfc/rfc9110#name-field-values
 */
export function isHeaderValue(text: string): boolean {
  return /^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(text);
}
