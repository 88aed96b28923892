/** What the API server itself says of tidings' requests: its audit log, with that one user's alone. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { ControlPlaneOptions } from "../../lab/control-plane.ts";
import { flags } from "../../lab/flags.ts";
import type { LabFolder } from "../../lab/lab-folder.ts";

export interface AuditedRequest {
  readonly atMs: number;
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
}

/** Options of an API server that writes down what this user asks of it. */
export async function withAudit(
  folder: LabFolder,
  user: string,
  options: ControlPlaneOptions,
): Promise<ControlPlaneOptions> {
  const policyFile = join(folder.path, "audit-policy.yaml");
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata", users: [user] }, { level: "None" }],
  };
  // JSON, which is YAML.
  await writeFile(policyFile, JSON.stringify(policy));
  const auditFlags = flags({ "audit-policy-file": policyFile, "audit-log-path": auditLog(folder) });
  return { ...options, extraArgs: [...(options.extraArgs ?? []), ...auditFlags] };
}

/** The requests that were answered since then. */
export async function auditedSince(folder: LabFolder, sinceMs: number): Promise<readonly AuditedRequest[]> {
  const lines = (await readFile(auditLog(folder), "utf8")).split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    const entry = auditLine.safeParse(parsed(line));
    if (!entry.success) return [];
    const { stageTimestamp, verb, objectRef, responseStatus } = entry.data;
    const atMs = Date.parse(stageTimestamp);
    return atMs < sinceMs ? [] : [{ atMs, verb, resource: objectRef.resource, code: responseStatus.code }];
  });
}

function auditLog(folder: LabFolder): string {
  return join(folder.path, "log", "audit.log");
}

/** The last line of an API server that was killed may be cut. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const auditLine = z.object({
  stageTimestamp: z.string(),
  verb: z.string(),
  objectRef: z.object({ resource: z.string().default("") }).prefault({}),
  responseStatus: z.object({ code: z.number().default(0) }).prefault({}),
});
