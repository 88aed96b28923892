import { readFileSync } from "node:fs";

/** The version in package.json, which stands beside src/ as beside dist/. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const hasVersion = typeof parsed === "object" && parsed !== null && "version" in parsed;
  if (hasVersion && typeof parsed.version === "string") return parsed.version;
  throw new Error("package.json has no version");
}
