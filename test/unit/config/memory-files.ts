import type { FileAccess } from "../../../src/config/file-access.ts";

/** A disk that holds these files and nothing else. */
export function memoryFiles(texts: Readonly<Record<string, string>>): FileAccess {
  const read = (path: string): string => {
    const text = texts[path];
    if (text !== undefined) return text;
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
  };
  return { read, check: read };
}
