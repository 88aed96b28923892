import type { WrittenConfig } from "../config/draft.ts";
import { formatFault } from "../config/fault.ts";
import type { Config } from "../config/schema.ts";
import { hasColour, styled } from "./colour.ts";
import { configFileOf, flagValues } from "./config-flags.ts";
import type { Io } from "./io.ts";

/** The configuration for a command's options; undefined where it has faults, which then stand on standard error. */
export async function loadOrExplain(
  options: Readonly<Record<string, unknown>>,
  io: Io,
): Promise<{ readonly config: Config; readonly written: WrittenConfig } | undefined> {
  const { loadConfig } = await import("../config/load.ts");
  const result = await loadConfig({
    file: configFileOf(options),
    flags: flagValues(options),
    environment: io.environment,
  });
  const colour = hasColour(io.stderr, io.environment);
  if (result.ok) {
    const word = colour ? styled("yellow", "warning:") : "warning:";
    for (const warning of result.warnings) io.stderr.write(`${word} ${warning}\n`);
    return result;
  }
  const { faults } = result;
  for (const fault of faults) io.stderr.write(`${formatFault(fault)}\n`);
  const word = colour ? styled("red", "error:") : "error:";
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  io.stderr.write(
    `\n${word} ${count} in the configuration; nothing was started.\n` +
      "`tidings check-config` checks it again; with --effective and no file it shows every setting and its default.\n",
  );
  return undefined;
}
