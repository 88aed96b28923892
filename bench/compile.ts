import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Compiles tidings and what is compared with it, as `npm run build` does for the package: Node.js strips the types of
 * TypeScript itself, but that costs a process 30 MB that no user pays.
 */
export function compile(): void {
  const project = fileURLToPath(new URL("tsconfig.json", import.meta.url));
  const { status } = spawnSync("tsc", ["-p", project], { stdio: "inherit" });
  if (status !== 0) throw new Error("tsc failed");
  // Where `version` looks for it.
  copyFileSync(new URL("../package.json", import.meta.url), new URL("package.json", compiled));
}

/** Where the compiled files lie, with their paths in the repository. */
export const compiled = new URL("../dist/bench/", import.meta.url);
