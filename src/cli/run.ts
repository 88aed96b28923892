import type { Command } from "commander";

import type { Cli } from "./cli.ts";
import { addConfigFlags } from "./config-flags.ts";
import { loadOrExplain } from "./load-or-explain.ts";

/** `tidings run`: watch the cluster and export, until told to stop. */
export function addRun(program: Command, { io, actions, exitWith }: Cli): void {
  const command = program
    .command("run")
    .summary("watch a cluster and export its Events until told to stop")
    .description(
      "Watches the Events of a cluster and exports each as an OTLP log record, until SIGTERM or Ctrl-C. " +
        "A flag wins over its TIDINGS_… variable, that over the configuration file, that over OTEL_EXPORTER_OTLP_….",
    )
    .addHelpText(
      "after",
      `
Examples:
  See the Events of the cluster that kubectl talks to:
    tidings run --output stdout

  Send them to an OpenTelemetry Collector:
    tidings run --endpoint http://collector:4318 --cluster-name production-eu

  Straight into Loki:
    TIDINGS_OTLP_DIALECT=loki tidings run --endpoint http://loki:3100/otlp

  With everything in a file:
    tidings check-config --config tidings.yaml && tidings run --config tidings.yaml

Permissions: list and watch on events in API group events.k8s.io, in the whole cluster; in a cluster also get and update
on one Lease, by name (deploy/rbac.yaml, or the chart helm/tidings).
Exit codes: 0 stopped as told, 1 could not go on, 2 wrong usage, 130 Ctrl-C.
`,
    );
  addConfigFlags(command, {
    "Cluster:": ["kubeconfig", "context", "clusterName", "startFrom"],
    "Output:": ["output", "endpoint"],
    "General:": ["config", "logLevel"],
  });
  command.action(async (options: Readonly<Record<string, unknown>>) => {
    const loaded = await loadOrExplain(options, io);
    exitWith(loaded === undefined ? 1 : await actions.run(loaded.config, io));
  });
}
