import type { Command } from "commander";

import type { Config } from "../config/schema.ts";
import { withoutUserinfo } from "../config/secret.ts";
import type { Cli } from "./cli.ts";
import { addConfigFlags, configFileOf } from "./config-flags.ts";
import { loadOrExplain } from "./load-or-explain.ts";

/** `tidings check-config`: is it right, and what is in force. */
export function addCheckConfig(program: Command, { io, exitWith }: Cli): void {
  const command = program
    .command("check-config")
    .summary("check the configuration; show what is in force")
    .description(
      "Checks the configuration as `run` would, from the file, the environment and flags, and starts nothing. " +
        "Every fault is shown at once, with its place and what was probably meant.",
    )
    .option("--effective", "print the whole configuration in force as YAML, with where each value comes from")
    .addHelpText(
      "after",
      `
Examples:
  tidings check-config --config tidings.yaml
  tidings check-config --config tidings.yaml --effective
  tidings check-config --effective > tidings.yaml       a file of all defaults, to begin with

Secrets are printed as [secret].
Exit codes: 0 valid, 1 faults, 2 wrong usage.
`,
    );
  addConfigFlags(command, {
    "Cluster:": ["kubeconfig", "context", "clusterName", "startFrom"],
    "Output:": ["output", "endpoint"],
    "General:": ["config", "logLevel"],
  });
  command.action(async (options: Readonly<Record<string, unknown>>) => {
    const loaded = await loadOrExplain(options, io);
    if (loaded === undefined) {
      exitWith(1);
      return;
    }
    if (options["effective"] === true) {
      const { effectiveYaml } = await import("../config/effective.ts");
      io.stdout.write(effectiveYaml(loaded.written));
      return;
    }
    const file = configFileOf(options) ?? io.environment["TIDINGS_CONFIG"] ?? "";
    const subject = file === "" ? "The configuration (no file)" : file;
    io.stdout.write(`${subject} is valid: Events go to ${destination(loaded.config)}.\n`);
  });
}

function destination({ output, otlp }: Config): string {
  return output === "stdout" ? "standard output" : withoutUserinfo(otlp.url);
}
