/** A number with a binary unit: `512KiB`, `32MiB`; `Ki`, `Mi`, `Gi` are what Kubernetes calls them. */
export const sizePattern = /^\d+(?:\.\d+)?(?:B|KiB?|MiB?|GiB?)$/;

/** A text that matches `sizePattern`, in whole bytes. */
export function bytesOf(text: string): number {
  const amount = Number.parseFloat(text);
  if (text.includes("G")) return Math.round(amount * 1024 ** 3);
  if (text.includes("M")) return Math.round(amount * 1024 ** 2);
  if (text.includes("K")) return Math.round(amount * 1024);
  return Math.round(amount);
}
