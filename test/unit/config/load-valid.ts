import { formatFault } from "../../../src/config/fault.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { Environment, GivenValue } from "../../../src/config/value-source.ts";
import { memoryFiles } from "./memory-files.ts";

/** A configuration that must be valid. */
export async function load(
  environment: Environment,
  file = "",
  flags: readonly GivenValue[] = [],
): Promise<{ readonly config: Config; readonly warnings: readonly string[] }> {
  const texts = { "c.yaml": file, "ca.crt": "", "cert.crt": "", "key.pem": "", kube: "" };
  const result = await loadConfig({ file: "c.yaml", flags, environment, files: memoryFiles(texts) });
  if (result.ok) return result;
  throw new Error(result.faults.map(formatFault).join("\n"));
}
