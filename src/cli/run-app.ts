import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

import { createApp, type App, type World } from "../app.ts";
import type { Config } from "../config/schema.ts";
import type { RunEnd } from "../lifecycle/run-all.ts";
import { systemRuntime } from "../shared/system-runtime.ts";
import { accessCluster, podNamespace } from "./access-cluster.ts";
import { hasColour } from "./colour.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./package-version.ts";

/** `tidings run`, once its arguments are understood. Resolves with the exit code: 0 stopped as told, 1 could not go on. */
export async function runApp(config: Config, io: Io): Promise<number> {
  let app: App;
  try {
    app = await createApp(config, worldOf(config, io));
  } catch (error) {
    return explain(error, io);
  }
  // Said by `run` too, which ends with it.
  app.listening?.catch(() => {});
  const end = await app.run(io.signal);
  if (end.kind !== "failed" || isReaderGone(end)) return 0;
  for (const { error } of end.faults) explain(error, io);
  return 1;
}

export function worldOf(config: Config, io: Io): World {
  const outColour = hasColour(io.stdout, io.environment);
  const outPretty = io.stdout.isTTY === true;
  const errText = config.log.format === "text" || (config.log.format === "auto" && io.stderr.isTTY === true);
  return {
    version: packageVersion(),
    runtime: systemRuntime,
    access: (observer) => accessCluster(config.kubernetes, io.environment, systemRuntime, observer),
    stdout: { stream: io.stdout, format: outPretty ? (outColour ? "pretty_coloured" : "pretty") : "json" },
    stderr: {
      stream: io.stderr,
      format: errText ? "text" : "json",
      colour: hasColour(io.stderr, io.environment),
    },
    processMetrics: true,
    podNamespace: podNamespace(config.kubernetes, io.environment),
    identity: `${hostname()}_${randomUUID()}`,
  };
}

/** `tidings run --output stdout | head`: the reader has what it wanted. */
function isReaderGone(end: Extract<RunEnd, { readonly kind: "failed" }>): boolean {
  return end.faults.every(
    ({ error }) =>
      error instanceof Error &&
      error.cause instanceof Error &&
      "code" in error.cause &&
      error.cause.code === "EPIPE",
  );
}

/** Says why it cannot go on; the exit code of that. */
export function explain(error: unknown, io: Io): number {
  io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
