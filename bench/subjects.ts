import { assertNever } from "../src/shared/assert-never.ts";
import { Child } from "./child.ts";
import type { Stand } from "./stand.ts";

/** What is measured. */
export type Subject = "reading" | "tidings" | "tidings in a pod" | "stock" | "stock, large queue";

/** Starts it as a process of its own. It reads nothing before the feeder releases it. */
export function startSubject(subject: Subject, stand: Stand, events: number): Child {
  const { directory, apiServer, endpoint, kubeconfig, config } = stand;
  switch (subject) {
    case "reading":
      return new Child("processes/reader.ts", [directory, apiServer, String(events)]);
    case "tidings":
      return new Child("../src/main.ts", ["run", "--config", config]);
    case "tidings in a pod":
      return new Child("processes/pod.ts", [directory, apiServer, "run", "--config", config]);
    case "stock":
    case "stock, large queue": {
      const queue = subject === "stock" ? 0 : events;
      return new Child("processes/stock.ts", [kubeconfig, String(events), String(queue)], {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      });
    }
    default:
      return assertNever(subject);
  }
}

/** Whether the sink tells when it is done; otherwise it tells itself. */
export function isTidings(subject: Subject): boolean {
  return subject === "tidings" || subject === "tidings in a pod";
}
