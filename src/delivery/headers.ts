import { RotatingFile, rotatingFileDefaults, type RotatingFileObserver } from "../net/rotating-file.ts";
import { isHeaderValue } from "../shared/header-value.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { Headers } from "./send.ts";

/**
 * The configured headers: fixed ones, and ones whose value stands in a file, which win and are read again as the file
 * changes. Rejects while a file was never readable, or holds what is no header's value.
 */
export function headersFrom(
  fixed: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  runtime: Runtime,
  observer: RotatingFileObserver,
): Headers {
  const rotating = Object.entries(files).map(
    ([name, path]) =>
      [name.toLowerCase(), new RotatingFile(path, rotatingFileDefaults, runtime, observer)] as const,
  );
  return async () => {
    const headers: Record<string, string> = { ...fixed };
    for (const [name, file] of rotating) {
      const value = (await file.text()).trim();
      if (!isHeaderValue(value)) {
        throw new Error(`${file.path} holds a line break or another character that no header may have`);
      }
      headers[name] = value;
    }
    return headers;
  };
}
