import { Writable } from "node:stream";

import type { Actions } from "../../../src/cli/actions.ts";
import type { Output } from "../../../src/cli/io.ts";
import { runCli } from "../../../src/cli/program.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { Environment } from "../../../src/config/value-source.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was started, and with what. */
  readonly started: readonly (readonly [action: string, ...parameters: unknown[]])[];
  /** What `run` or `record` got. */
  readonly config: Config | undefined;
}

/** Runs the command line in this process; run, demo and record only remember that they were started and end with 7. */
export async function callCli(
  args: readonly string[],
  { environment = {}, isTTY = false }: { readonly environment?: Environment; readonly isTTY?: boolean } = {},
): Promise<Ended> {
  const started: [string, ...unknown[]][] = [];
  let config: Config | undefined;
  const actions: Actions = {
    run: (given) => {
      config = given;
      started.push(["run"]);
      return Promise.resolve(7);
    },
    demo: (options) => {
      started.push(["demo", options]);
      return Promise.resolve(7);
    },
    record: (given, options) => {
      config = given;
      started.push(["record", options]);
      return Promise.resolve(7);
    },
  };
  const stdout = new Collected(isTTY);
  const stderr = new Collected(isTTY);
  const { signal } = new AbortController();
  const code = await runCli(args, { stdout, stderr, environment, signal }, actions);
  return { code, stdout: stdout.text, stderr: stderr.text, started, config };
}

class Collected extends Writable implements Output {
  readonly isTTY: boolean;
  readonly columns = 100;
  text = "";

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}
