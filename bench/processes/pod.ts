/**
 * tidings as in a pod, with a ServiceAccount's files in another place: `pod.ts DIRECTORY ORIGIN run --config FILE`.
 * Everything but the way to the cluster is as in `src/main.ts`.
 */
import { createApp } from "../../src/app.ts";
import { actions } from "../../src/cli/actions.ts";
import { runCli } from "../../src/cli/program.ts";
import { worldOf } from "../../src/cli/run-app.ts";
import { inClusterAccess } from "../../src/kubernetes/in-cluster.ts";
import { systemRuntime } from "../../src/shared/system-runtime.ts";

const [directory = ".", origin = "", ...argv] = process.argv.slice(2);
const { hostname, port } = new URL(origin);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort("SIGTERM"));

const io = { stdout: process.stdout, stderr: process.stderr, environment: process.env, signal: stop.signal };
const code = await runCli(argv, io, {
  ...actions,
  async run(config) {
    const app = await createApp(config, {
      ...worldOf(config, io),
      access: async (observer) =>
        inClusterAccess({ host: hostname, port, directory }, systemRuntime, observer),
    });
    const end = await app.run(io.signal);
    return end.kind === "failed" ? 1 : 0;
  },
});
process.exit(code);
