import { Command, CommanderError } from "commander";

import type { Actions } from "./actions.ts";
import { addCheckConfig } from "./check-config.ts";
import type { Cli } from "./cli.ts";
import { hasColour, styled } from "./colour.ts";
import { addDemo } from "./demo.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./package-version.ts";
import { addRecord } from "./record.ts";
import { addRun } from "./run.ts";
import { addVersion } from "./version.ts";

/** Exit codes that are not a command's own. */
const exitUsage = 2;

/** Does what the arguments say and resolves with the exit code. Rejects only for a bug. */
export async function runCli(args: readonly string[], io: Io, actions: Actions): Promise<number> {
  let exitCode = 0;
  const program = createProgram({ io, actions, exitWith: (code) => (exitCode = code) });
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has written what it had to say: the help that was asked for, or the fault.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage;
    throw error;
  }
}

function createProgram(cli: Cli): Command {
  const program = new Command("tidings")
    .description("Kubernetes Events, delivered: every Event of a cluster as an OpenTelemetry log record.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `
Begin here:
  tidings demo                                 see it work, without a cluster
  tidings run --output stdout                  the Events of the cluster that kubectl talks to
  tidings run --endpoint http://localhost:4318 into your OpenTelemetry Collector
`,
    )
    .exitOverride();
  useStreams(program, cli.io);

  program.commandsGroup("Export:");
  addRun(program, cli);
  addDemo(program, cli);
  addRecord(program, cli);
  program.commandsGroup("Look:");
  addCheckConfig(program, cli);
  addVersion(program, cli);
  program.helpCommand("help [command]", "show help of a command");

  program.showHelpAfterError("See `tidings --help`.");
  for (const command of program.commands) {
    command.helpOption("-h, --help", "show help");
    command.showHelpAfterError(`See \`tidings ${command.name()} --help\`.`);
  }
  return program;
}

/** Commander writes where we say, in colours by our rule. */
function useStreams(program: Command, { stdout, stderr, environment }: Io): void {
  program.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
    getOutHasColors: () => hasColour(stdout, environment),
    getErrHasColors: () => hasColour(stderr, environment),
    outputError: (text, write) =>
      write(hasColour(stderr, environment) ? text.replace(/^error:/, styled("red", "error:")) : text),
  });
  program.configureHelp({ styleTitle: (title) => styled("bold", title) });
}
