import { accessSync, constants, readFileSync, statSync } from "node:fs";

/** What the loader wants of the disk. */
export interface FileAccess {
  /** The file's text. Throws as `node:fs` does. */
  read(path: string): string;
  /** Throws as `node:fs` does where the path is no readable file. */
  check(path: string): void;
}

export const diskAccess: FileAccess = {
  read: (path) => readFileSync(path, "utf8"),
  check(path) {
    accessSync(path, constants.R_OK);
    if (statSync(path).isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
  },
};

/** Why a file cannot be used, in half a sentence. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "ENOTDIR":
      return "a part of its path is no directory";
    case "EACCES":
    case "EPERM":
      return "this user may not read it";
    case "EISDIR":
      return "it is a directory";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
