import { parseDocument } from "yaml";

import type { Fault } from "./fault.ts";
import type { Setting, Settings } from "./settings.ts";
import { nearest } from "./suggestion.ts";
import type { Environment, GivenValue } from "./value-source.ts";

/** Names the configuration file. */
export const configVariable = "TIDINGS_CONFIG";

/**
 * Kubernetes sets such variables for each Service of the namespace, so also for one called `tidings`.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const serviceLink =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** The `TIDINGS_…` variables. An empty one counts as not set. */
export function valuesFromEnvironment(
  environment: Environment,
  settings: Settings,
): { readonly values: readonly GivenValue[]; readonly faults: readonly Fault[] } {
  const values: GivenValue[] = [];
  const faults: Fault[] = [];
  const byVariable = new Map(Array.from(settings.leaves.values(), (setting) => [setting.variable, setting]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith("TIDINGS_") || variable === configVariable) continue;
    if (text === undefined || text === "") continue;
    const setting = byVariable.get(variable);
    if (setting === undefined) {
      if (!serviceLink.test(variable)) faults.push(unknownVariable(variable, byVariable.keys()));
      continue;
    }
    const value = valueOf(text, setting);
    if (value === undefined) {
      const message = `expected a ${setting.kind}, written as YAML such as \`[a, b]\` or \`{a: b}\``;
      faults.push({ where: variable, path: setting.name, message });
    } else {
      values.push({ path: setting.path, value: value.parsed, from: variable });
    }
  }
  return { values, faults };
}

function valueOf(text: string, setting: Setting): { readonly parsed: unknown } | undefined {
  if (setting.isText) return { parsed: text };
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    return { parsed: document.toJS() };
  } catch {
    // An alias without its anchor.
    return undefined;
  }
}

function unknownVariable(variable: string, known: Iterable<string>): Fault {
  const meant = nearest(variable, [...known, configVariable]);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  return { where: variable, path: "", message: `no setting has this variable${hint}` };
}
