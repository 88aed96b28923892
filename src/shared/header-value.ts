/** https://www.rfc-editor.org/rfc/rfc9110#name-field-values, as far as Node takes it. */
export const headerValuePattern = /^[\t\u0020-\u007E\u0080-\u00FF]*$/;

/** Whether Node's HTTP clients take it as a header's value: they throw for a line break in a token's file, for one. */
export function isHeaderValue(text: string): boolean {
  return headerValuePattern.test(text);
}
