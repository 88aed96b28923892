import { readFile } from "node:fs/promises";

/** The last lines of a log file, or a word that there is none. */
export async function tailOf(path: string, lines: number): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return `(no log at ${path})`;
  }
}
