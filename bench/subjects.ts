import { readFileSync } from "node:fs";

import { assertNever } from "../src/shared/assert-never.ts";
import { Child } from "./child.ts";
import { compiled } from "./compile.ts";
import type { Stand } from "./stand.ts";

/** What is measured. */
export type Subject = "reading" | "tidings" | "tidings in a pod" | "stock" | "stock, large queue";

/** Starts it, compiled, as a process of its own. It reads nothing before the feeder releases it. */
export function startSubject(subject: Subject, stand: Stand, events: number): Child {
  const { directory, apiServer, endpoint, kubeconfig, config } = stand;
  const main = new URL("src/main.js", compiled);
  switch (subject) {
    case "reading":
      return new Child(new URL("bench/processes/reader.js", compiled), [
        directory,
        apiServer,
        String(events),
      ]);
    case "tidings":
      return new Child(main, ["run", "--config", config], {}, flagsOf(main));
    case "tidings in a pod":
      return new Child(
        new URL("bench/processes/pod.js", compiled),
        [directory, apiServer, "run", "--config", config],
        {},
        flagsOf(main),
      );
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

/** Node's flags in the first line of a program, with which a shell runs it. */
function flagsOf(program: URL): readonly string[] {
  const [first = ""] = readFileSync(program, "utf8").split("\n", 1);
  return first.split(" ").filter((word) => word.startsWith("--"));
}

/** Whether the sink tells when it is done; otherwise it tells itself. */
export function isTidings(subject: Subject): boolean {
  return subject === "tidings" || subject === "tidings in a pod";
}
