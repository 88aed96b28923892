/**
 * Orders two resourceVersions of one resource type of one cluster. They are decimal integers of up to 128 bits without
 * leading zeros (KEP-5504, conformance-tested since Kubernetes 1.35), so length decides first, then the text.
 * Negative when `a` is older, 0 when equal, positive when `a` is newer.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A decimal integer without leading zeros, which is what `compareResourceVersions` needs. */
export function isResourceVersion(value: string): boolean {
  return /^(?:0|[1-9]\d{0,38})$/.test(value);
}
