import type { z } from "zod";

import { ConfigFile, pathText } from "./config-file.ts";
import { describeIssue } from "./describe-issue.ts";
import { Draft, type WrittenConfig } from "./draft.ts";
import { configVariable, valuesFromEnvironment } from "./environment.ts";
import { inOrder, type Fault } from "./fault.ts";
import { diskAccess, fileFault, type FileAccess } from "./file-access.ts";
import { ruleFaults } from "./rules.ts";
import { configSchema, type Config } from "./schema.ts";
import { settingName, settingsOf, type Settings } from "./settings.ts";
import { standardValues, type StandardValues } from "./standard-environment.ts";
import { unknownKeyMessage } from "./unknown-key.ts";
import type { Environment, GivenValue } from "./value-source.ts";

export interface ConfigRequest {
  /** The file that the command line names; without one, TIDINGS_CONFIG; without that, none. */
  readonly file?: string | undefined;
  /** Settings given as flags. */
  readonly flags?: readonly GivenValue[];
  readonly environment: Environment;
  /** The disk, unless a test brings its own. */
  readonly files?: FileAccess;
}

export type ConfigResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** What is odd but no reason to refuse. */
      readonly warnings: readonly string[];
      readonly written: WrittenConfig;
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads and checks the whole configuration: flags, then `TIDINGS_…` variables, then the file, then what OpenTelemetry's
 * and Kubernetes' own variables say, then defaults. Finds every fault at once; never throws for what users write.
 */
export async function loadConfig(request: ConfigRequest): Promise<ConfigResult> {
  const files = request.files ?? diskAccess;
  const settings = settingsOf();
  const environment = valuesFromEnvironment(request.environment, settings);
  const standard = standardValues(request.environment);
  const opened = openFile(request, files, settings);
  if (opened.fault !== undefined) return { ok: false, faults: [opened.fault, ...environment.faults] };

  const draft = new Draft(opened.file, settings);
  draft.override(environment.values);
  draft.override(request.flags ?? []);
  draft.complete(standard.values);

  const faults = [...(opened.file?.faults ?? []), ...environment.faults, ...standard.faults];
  const warnings: string[] = [];
  // A setting that is wrong is taken out, so that the rules see all that is right.
  const faulty = new Set<string>();
  const checked = configSchema.safeParse(draft.tree, { error: describeIssue });
  for (const issue of relevant(checked.error?.issues ?? [])) {
    for (const path of pathsOf(issue)) {
      const isUnknown = issue.code === "unrecognized_keys";
      const message = isUnknown ? unknownKeyMessage(path, settings, draft.tree) : issue.message;
      const fault = draft.faultAt(path, message, isUnknown || issue.code === "invalid_key" ? "key" : "value");
      if (draft.givenBy(path)?.lenient === true) {
        warnings.push(`${fault.where} is ignored: ${message}`);
        draft.ignore(path);
      } else {
        faults.push(fault);
        faulty.add(draft.takeOut(path));
      }
    }
  }
  const config = configSchema.parse(draft.tree);
  for (const { paths, message } of await ruleFaults(config, files)) {
    if (paths.some((path) => faulty.has(settingName(path, settings)))) continue;
    const blamed = paths.find((path) => draft.originOf(path.map(String)) !== undefined) ?? paths[0] ?? [];
    faults.push(
      draft.faultAt(blamed, blamed === paths[0] ? message : `\`${pathText(paths[0] ?? [])}\` ${message}`),
    );
  }
  protocolFault(standard, draft, config, faults, warnings);
  return faults.length > 0
    ? { ok: false, faults: inOrder(faults) }
    : { ok: true, config, warnings, written: draft };
}

function openFile(
  request: ConfigRequest,
  files: FileAccess,
  settings: Settings,
): { readonly file?: ConfigFile; readonly fault?: Fault } {
  const fromVariable = request.environment[configVariable] ?? "";
  const name = request.file ?? fromVariable;
  if (name === "") return {};
  try {
    return { file: new ConfigFile(name, files.read(name), settings) };
  } catch (error) {
    const where = request.file === undefined ? configVariable : "--config";
    return { fault: { where, path: "", message: `cannot read \`${name}\`: ${fileFault(error)}` } };
  }
}

/** Without the rules of a mapping that has unknown keys: what it lacks is probably just misspelt. */
function relevant(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const misspelt = new Set(
    issues.filter(({ code }) => code === "unrecognized_keys").map(({ path }) => pathText(path)),
  );
  return issues.filter(({ code, path }) => code !== "custom" || !misspelt.has(pathText(path)));
}

function pathsOf(issue: z.core.$ZodIssue): readonly (readonly PropertyKey[])[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** OTEL_EXPORTER_OTLP_PROTOCOL matters only where OpenTelemetry's variables also say where to send. */
function protocolFault(
  { foreignProtocol }: StandardValues,
  draft: Draft,
  config: Config,
  faults: Fault[],
  warnings: string[],
): void {
  if (foreignProtocol === undefined || config.output !== "otlp") return;
  const { variable, protocol } = foreignProtocol;
  const source = draft.givenBy(["otlp", "endpoint"]) ?? draft.givenBy(["otlp", "logsEndpoint"]);
  if (protocol === "grpc" && source?.from.startsWith("OTEL_") === true) {
    const message = `tidings speaks http/protobuf, not ${protocol}; set TIDINGS_OTLP_ENDPOINT to the OTLP/HTTP port, 4318 as a rule`;
    faults.push({ where: variable, path: "", message });
  } else {
    warnings.push(`${variable}=${protocol} is ignored: tidings speaks http/protobuf`);
  }
}
