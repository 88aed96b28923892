/** `--name=value` arguments, in order; `true` is a bare `--name`, `undefined` is left out. */
export function flags(values: Readonly<Record<string, string | number | true | undefined>>): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
}
