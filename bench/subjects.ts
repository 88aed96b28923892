import { assertNever } from "../src/shared/assert-never.ts";
import { Child } from "./child.ts";
import { compiled } from "./compile.ts";
import type { Stand } from "./stand.ts";

/** What is measured. */
export type Subject = "reading" | "tidings" | "tidings in a pod" | "stock" | "stock, large queue";

/** Starts it, compiled, as a process of its own. It reads nothing before the feeder releases it. */
export function startSubject(subject: Subject, stand: Stand, events: number): Child {
  const { directory, apiServer, endpoint, kubeconfig, config } = stand;
  switch (subject) {
    case "reading":
      return new Child(new URL("bench/processes/reader.js", compiled), [
        directory,
        apiServer,
        String(events),
      ]);
    case "tidings":
      return new Child(new URL("src/main.js", compiled), ["run", "--config", config]);
    case "tidings in a pod":
      return new Child(new URL("bench/processes/pod.js", compiled), [
        directory,
        apiServer,
        "run",
        "--config",
        config,
      ]);
    case "stock":
    case "stock, large queue": {
      const queue = subject === "stock" ? 0 : events;
      return new Child(
        new URL("bench/processes/stock.js", compiled),
        [kubeconfig, String(events), String(queue)],
        {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        },
      );
    }
    default:
      return assertNever(subject);
  }
}

/** Whether the sink tells when it is done; otherwise it tells itself. */
export function isTidings(subject: Subject): boolean {
  return subject === "tidings" || subject === "tidings in a pod";
}
