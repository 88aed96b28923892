import { InvalidArgumentError, type Command } from "commander";

import { durationMsOf, durationPattern } from "../config/duration.ts";
import type { Cli } from "./cli.ts";
import { addConfigFlags } from "./config-flags.ts";
import { loadOrExplain } from "./load-or-explain.ts";

export interface RecordOptions {
  /** Where the recording goes. */
  readonly file: string;
  /** How long to record; undefined: until told to stop. */
  readonly durationMs: number | undefined;
}

/** `tidings record`: the watch of a cluster into a file, with times, redacted. */
export function addRecord(program: Command, { io, actions, exitWith }: Cli): void {
  const command = program
    .command("record")
    .summary("record the Events of a cluster into a file")
    .argument("<file>", "the recording to write; it must not exist yet")
    .description(
      "Writes what the API server sends to a file: every Event, with the time it came, secrets in messages redacted. " +
        "A recording reproduces what happened, for a test or a report of a fault.",
    )
    .option("--duration <time>", "how long, such as 30s, 10m or 1h (default: until Ctrl-C)", durationOf)
    .addHelpText(
      "after",
      `
Examples:
  tidings record incident.jsonl --duration 10m
  tidings record staging.jsonl --context staging
`,
    );
  addConfigFlags(command, {
    "Cluster:": ["kubeconfig", "context"],
    "General:": ["startFrom", "config", "logLevel"],
  });
  command.action(async (file: string, options: Readonly<Record<string, unknown>>) => {
    const loaded = await loadOrExplain(options, io);
    if (loaded === undefined) {
      exitWith(1);
      return;
    }
    const { duration } = options;
    const durationMs = typeof duration === "number" ? duration : undefined;
    exitWith(await actions.record(loaded.config, { file, durationMs }, io));
  });
}

function durationOf(text: string): number {
  if (!durationPattern.test(text) || durationMsOf(text) === 0) {
    throw new InvalidArgumentError("Give a time such as 30s, 10m or 1h.");
  }
  return durationMsOf(text);
}
