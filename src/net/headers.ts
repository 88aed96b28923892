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
