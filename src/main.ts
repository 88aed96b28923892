#!/usr/bin/env -S node --max-semi-space-size=4
import { writeSync } from "node:fs";

import { actions } from "./cli/actions.ts";
import { runCli } from "./cli/program.ts";
import { withoutUserinfo } from "./config/secret.ts";
import { systemRuntime } from "./shared/system-runtime.ts";

/** sysexits.h, EX_SOFTWARE: a bug of ours. */
const exitBug = 70;
/** A shell's word for "ended by this signal" is 128 and its number. */
const exitSignal = { SIGINT: 130, SIGTERM: 143 } as const;

process.on("uncaughtException", (error) => {
  crash(error);
});
// Nobody reads any more (`tidings … | head`): the reader has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  crash(error);
});
// Where the diagnostics cannot be written there is nobody to say so to.
process.stderr.on("error", () => {});

/** How long a reader of standard output is waited for at the end. */
const outMsMax = 2000;

await main();

async function main(): Promise<void> {
  const stop = new AbortController();
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A second one means now.
      if (stop.signal.aborted) process.exit(exitSignal[signal]);
      interrupted = signal === "SIGINT";
      stop.abort(signal);
    });
  }
  const io = {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    signal: stop.signal,
  };
  const code = await runCli(process.argv.slice(2), io, actions);
  // Everything that was written is out before the process ends, unless its reader stands still.
  const written = new Promise<void>((resolve) => {
    process.stdout.write("", () => resolve());
  });
  await Promise.race([written, systemRuntime.sleep(outMsMax, new AbortController().signal)]);
  process.exit(interrupted && code === 0 ? exitSignal.SIGINT : code);
}

/** One JSON line, as the log has them, for an error that nothing expected; then the end. */
function crash(error: unknown): never {
  const known = error instanceof Error ? error : new Error(String(error));
  const line = JSON.stringify({
    time: new Date(systemRuntime.wallMs()).toISOString(),
    level: "error",
    message: withoutUserinfo(`Stopped by a fault in tidings itself, please report it: ${known.message}`),
    error: known.name,
    stack: withoutUserinfo(known.stack ?? ""),
  });
  try {
    // Written at once: the process ends in the next line.
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody reads.
  }
  process.exit(exitBug);
}
