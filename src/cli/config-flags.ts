import { Option, type Command } from "commander";

import type { GivenValue } from "../config/value-source.ts";

/** The flags that set something of the configuration, and what. */
const flags = {
  kubeconfig: {
    flag: "--kubeconfig",
    argument: "<file>",
    path: ["kubernetes", "kubeconfig"],
    meaning: "kubeconfig file (default: the ServiceAccount in a cluster, else as kubectl does)",
    words: [],
  },
  context: {
    flag: "--context",
    argument: "<name>",
    path: ["kubernetes", "context"],
    meaning: "context of the kubeconfig (default: its current one)",
    words: [],
  },
  clusterName: {
    flag: "--cluster-name",
    argument: "<name>",
    path: ["cluster", "name"],
    meaning: "name of the cluster, on every record",
    words: [],
  },
  startFrom: {
    flag: "--start-from",
    argument: "<where>",
    path: ["source", "startFrom"],
    meaning: "first what the cluster still holds, or only new Events",
    words: ["stored", "now"],
  },
  output: {
    flag: "--output",
    argument: "<kind>",
    path: ["output"],
    meaning: "to an OTLP endpoint, or to standard output",
    words: ["otlp", "stdout"],
  },
  endpoint: {
    flag: "--endpoint",
    argument: "<url>",
    path: ["otlp", "endpoint"],
    meaning: "base URL of the OTLP/HTTP endpoint (default: http://localhost:4318)",
    words: [],
  },
  logLevel: {
    flag: "--log-level",
    argument: "<level>",
    path: ["log", "level"],
    meaning: "least level of the log on standard error",
    words: ["debug", "info", "warn", "error"],
  },
} as const;

export type ConfigFlag = keyof typeof flags;

/** Every flag with the setting it sets, for the documentation. */
export const configFlags: readonly {
  readonly flag: string;
  readonly path: readonly string[];
  readonly words: readonly string[];
}[] = Object.values(flags);

/** Gives a command `--config` and the flags named, each group under its heading. */
export function addConfigFlags(
  command: Command,
  groups: Readonly<Record<string, readonly ("config" | ConfigFlag)[]>>,
): void {
  for (const [heading, names] of Object.entries(groups)) {
    command.optionsGroup(heading);
    for (const name of names) {
      if (name === "config") {
        command.option(
          "-c, --config <file>",
          "configuration file, YAML (default: $TIDINGS_CONFIG, else none)",
        );
        continue;
      }
      const { flag, argument, meaning, words } = flags[name];
      const option = new Option(`${flag} ${argument}`, meaning);
      command.addOption(words.length > 0 ? option.choices(words) : option);
    }
  }
}

/** The settings given as flags. */
export function flagValues(options: Readonly<Record<string, unknown>>): readonly GivenValue[] {
  const values: GivenValue[] = [];
  for (const [name, { flag, path }] of Object.entries(flags)) {
    const value = options[name];
    if (value !== undefined) values.push({ path, value, from: flag });
  }
  return values;
}

/** The file given with `--config`. */
export function configFileOf(options: Readonly<Record<string, unknown>>): string | undefined {
  const file = options["config"];
  return typeof file === "string" ? file : undefined;
}
