import { delimiter } from "node:path";

import { fileFault, type FileAccess } from "./file-access.ts";
import type { Config } from "./schema.ts";

/** What is wrong between settings that are each right alone, or with what they refer to. */
export interface RuleFault {
  /** The settings that disagree, the one to blame first. The fault is shown at the first of them that somebody set. */
  readonly paths: readonly (readonly PropertyKey[])[];
  readonly message: string;
}

/** Checks what no single value can tell. `config` is valid by the schema. */
export async function ruleFaults(config: Config, files: FileAccess): Promise<readonly RuleFault[]> {
  return [...crossFaults(config), ...referenceFaults(config, files), ...(await patternFaults(config))];
}

function* crossFaults(config: Config): Generator<RuleFault> {
  const { tls, retry, batch, queue } = config.otlp;
  if (tls.cert !== "" && tls.key === "") {
    yield {
      paths: [
        ["otlp", "tls", "cert"],
        ["otlp", "tls", "key"],
      ],
      message: "a client certificate needs its key; set `otlp.tls.key` too",
    };
  }
  if (tls.key !== "" && tls.cert === "") {
    yield {
      paths: [
        ["otlp", "tls", "key"],
        ["otlp", "tls", "cert"],
      ],
      message: "a key needs its client certificate; set `otlp.tls.cert` too",
    };
  }
  if (retry.delayMsInitial > retry.delayMsMax) {
    yield {
      paths: [
        ["otlp", "retry", "delayInitial"],
        ["otlp", "retry", "delayMax"],
      ],
      message: "must not be longer than `otlp.retry.delayMax`",
    };
  }
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = config.leader;
  if (renewDeadlineMs >= leaseDurationMs) {
    yield {
      paths: [
        ["leader", "renewDeadline"],
        ["leader", "leaseDuration"],
      ],
      message:
        "must be shorter than `leader.leaseDuration`: who could not renew has to stop before another takes over",
    };
  }
  // client-go asks for more than 1.2 times the period; below three, one lost renewal would end a leadership.
  if (retryPeriodMs * 3 > renewDeadlineMs) {
    yield {
      paths: [
        ["leader", "retryPeriod"],
        ["leader", "renewDeadline"],
      ],
      message: "must not be longer than a third of `leader.renewDeadline`",
    };
  }
  if (batch.bytesMax > queue.bytesMax) {
    yield {
      paths: [
        ["otlp", "batch", "bytesMax"],
        ["otlp", "queue", "bytesMax"],
      ],
      message: "must not be larger than `otlp.queue.bytesMax`: a batch is made of what is queued",
    };
  }
  // Attributes and the envelope need room too.
  if (config.processor.messageBytesMax * 2 > batch.bytesMax) {
    yield {
      paths: [
        ["processor", "messageBytesMax"],
        ["otlp", "batch", "bytesMax"],
      ],
      message: "must be at most half of `otlp.batch.bytesMax`, so that every record fits a batch",
    };
  }
}

function* referenceFaults(config: Config, files: FileAccess): Generator<RuleFault> {
  const { tls, headerFiles } = config.otlp;
  const references: (readonly [path: readonly string[], file: string])[] = [
    [["otlp", "tls", "ca"], tls.ca],
    [["otlp", "tls", "cert"], tls.cert],
    [["otlp", "tls", "key"], tls.key],
    ...Object.entries(headerFiles).map(([name, file]) => [["otlp", "headerFiles", name], file] as const),
  ];
  for (const [path, file] of references) {
    const problem = file === "" ? undefined : problemOf(file, files);
    if (problem !== undefined) yield { paths: [path], message: problem };
  }

  // KUBECONFIG may hold several, of which those that do not exist are passed over, as kubectl does.
  const { kubeconfig } = config.kubernetes;
  const problems = kubeconfig
    .split(delimiter)
    .filter((file) => file !== "")
    .map((file) => problemOf(file, files));
  if (problems.length > 0 && problems.every((problem) => problem !== undefined)) {
    yield { paths: [["kubernetes", "kubeconfig"]], message: problems.join("; ") };
  }
}

function problemOf(file: string, files: FileAccess): string | undefined {
  try {
    files.check(file);
    return undefined;
  } catch (error) {
    return `cannot read \`${file}\`: ${fileFault(error)}`;
  }
}

async function patternFaults(config: Config): Promise<readonly RuleFault[]> {
  const { patterns } = config.processor.redact;
  if (patterns.length === 0) return [];
  const { RE2JS } = await import("re2js");
  const faults: RuleFault[] = [];
  const names = new Set<string>();
  for (const [index, { name, pattern }] of patterns.entries()) {
    const path = ["processor", "redact", "patterns", index];
    if (names.has(name)) {
      faults.push({ paths: [[...path, "name"]], message: "given twice; each pattern needs its own name" });
    }
    names.add(name);
    let message: string | undefined;
    try {
      if (RE2JS.compile(pattern).matcher("").find()) {
        message = "matches the empty text, so it would match everywhere";
      }
    } catch (error) {
      const detail =
        error instanceof Error ? error.message.replace("error parsing regexp: ", "") : String(error);
      message = `not a regular expression of RE2: ${detail}`;
    }
    if (message !== undefined) faults.push({ paths: [[...path, "pattern"]], message });
  }
  return faults;
}
