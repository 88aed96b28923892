import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** In the order of their names. */
export function mutantPatches(): readonly string[] {
  return globSync("*.patch", { cwd: join(import.meta.dirname, "mutants") })
    .toSorted()
    .map((name) => join(import.meta.dirname, "mutants", name));
}

/** What the simulation needs of the tree, to be changed at will; gone when it is disposed. */
export function copyOfTree(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "tidings-mutant-"));
  for (const part of ["package.json", "src", "test/simulation"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** Plants the bug; says why it could not be. `only: "check"`: says so and plants nothing. */
export function patched(folder: string, patch: string, only?: "check"): string | undefined {
  const options = only === undefined ? [] : ["--check"];
  // Outside of any repository, because git would take the paths for those of one that the folder lies in.
  const { status, stderr } = spawnSync("git", ["apply", ...options, patch], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
  });
  return status === 0 ? undefined : stderr.trim();
}
