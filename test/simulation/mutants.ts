/**
 * `npm run simulate:mutants [-- NAME…] [-- --seeds 1000]`: is the simulation able to fail? Each patch of `mutants/` plants one bug in
 * a copy of the tree, in a temporary folder; the simulation has to catch it within so many seeds.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { copyOfTree, mutantPatches, patched } from "./mutant-tree.ts";

const { values, positionals } = parseArgs({
  options: { seeds: { type: "string", default: "1000" } },
  allowPositionals: true,
});

let missed = 0;
for (const patch of mutantPatches()) {
  const name = basename(patch, ".patch");
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const [title = ""] = readFileSync(patch, "utf8").split("\n", 1);
  using tree = copyOfTree();
  const fault = patched(tree.folder, patch);
  const result = fault === undefined ? caughtBy(tree.folder) : `the patch does not apply: ${fault}`;
  if (!result.startsWith("seed ")) missed += 1;
  process.stdout.write(
    `${result.startsWith("seed ") ? "caught" : "MISSED"}  ${name}: ${result}  (${title})\n`,
  );
}
process.exitCode = missed === 0 ? 0 : 1;

function caughtBy(folder: string): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["test/simulation/simulate.ts", "--first", "--seeds", values.seeds],
    { cwd: folder, encoding: "utf8" },
  );
  const lines = stdout.trim().split("\n");
  const last = lines.at(-1) ?? "";
  return last === "" ? stderr.trim().split("\n").slice(-8).join(" ") : last;
}
