import type { Config } from "../config/schema.ts";
import type { DemoOptions } from "./demo.ts";
import type { Io } from "./io.ts";
import type { RecordOptions } from "./record.ts";

/** What the commands do once their arguments are understood. Each resolves with the exit code. */
export interface Actions {
  run(config: Config, io: Io): Promise<number>;
  demo(options: DemoOptions, io: Io): Promise<number>;
  record(config: Config, options: RecordOptions, io: Io): Promise<number>;
}

/** Imported only when their command is given, so that `--help` need not wait for them. */
export const actions: Actions = {
  run: async (config, io) => (await import("./run-app.ts")).runApp(config, io),
  demo: async (options, io) => (await import("./play-demo.ts")).playDemo(options, io),
  record: async (config, options, io) =>
    (await import("./record-events.ts")).recordEvents(config, options, io),
};
