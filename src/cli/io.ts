import type { Writable } from "node:stream";

import type { Environment } from "../config/value-source.ts";

/** A stream to write to, with what a terminal knows of itself. */
export type Output = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** What a command has of the world; made in main.ts only. */
export interface Io {
  /** Data, and nothing else. */
  readonly stdout: Output;
  /** Everything that is said to people: faults, warnings, logs. */
  readonly stderr: Output;
  readonly environment: Environment;
  /** Aborts when the process is asked to stop; the command then ends what it does and returns. */
  readonly signal: AbortSignal;
}
