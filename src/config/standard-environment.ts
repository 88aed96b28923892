import type { Fault } from "./fault.ts";
import type { Environment, GivenValue } from "./value-source.ts";

/** What the variables that OpenTelemetry and Kubernetes define mean for tidings: defaults below the file. */
export interface StandardValues {
  readonly values: readonly GivenValue[];
  readonly faults: readonly Fault[];
  /** The protocol asked for, where it is not the one tidings speaks. */
  readonly foreignProtocol: { readonly variable: string; readonly protocol: string } | undefined;
}

/** Variable names without their prefix, and what they set. Those for logs win over the general ones. */
const exporterVariables: readonly (readonly [name: string, path: readonly string[], lenient: boolean])[] = [
  ["COMPRESSION", ["otlp", "compression"], true],
  ["CERTIFICATE", ["otlp", "tls", "ca"], false],
  ["CLIENT_CERTIFICATE", ["otlp", "tls", "cert"], false],
  ["CLIENT_KEY", ["otlp", "tls", "key"], false],
];

/**
 * Reads `OTEL_EXPORTER_OTLP_*` and `OTEL_EXPORTER_OTLP_LOGS_*`, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and
 * KUBECONFIG. Empty ones count as not set.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function standardValues(environment: Environment): StandardValues {
  const values: GivenValue[] = [];
  const faults: Fault[] = [];
  const give = (path: readonly string[], value: unknown, from: string, lenient = false): void => {
    values.push({ path, value, from, lenient });
  };

  const base = variable(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (base !== undefined) give(["otlp", "endpoint"], base.text, base.name);
  const logs = variable(environment, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");
  if (logs !== undefined) give(["otlp", "logsEndpoint"], logs.text, logs.name);

  for (const [name, path, lenient] of exporterVariables) {
    const found = exporterVariable(environment, name);
    if (found !== undefined) give(path, found.text, found.name, lenient);
  }

  const timeout = exporterVariable(environment, "TIMEOUT");
  // Milliseconds, by the specification. What is no number goes on as it is and becomes a warning.
  if (timeout !== undefined) {
    give(
      ["otlp", "timeout"],
      /^\d+$/.test(timeout.text) ? `${timeout.text}ms` : timeout.text,
      timeout.name,
      true,
    );
  }

  const headers = exporterVariable(environment, "HEADERS");
  if (headers !== undefined) {
    const pairs = pairsOf(headers.text);
    if (pairs === undefined) {
      const message = "expected name=value pairs with commas between, special characters percent-encoded";
      faults.push({ where: headers.name, path: "otlp.headers", message });
    } else {
      give(["otlp", "headers"], pairs, headers.name);
    }
  }

  const attributes = variable(environment, "OTEL_RESOURCE_ATTRIBUTES");
  // The specification: on a fault, the whole value is discarded.
  const resource = attributes === undefined ? {} : (pairsOf(attributes.text) ?? {});
  const clusterName = resource["k8s.cluster.name"];
  if (clusterName !== undefined) give(["cluster", "name"], clusterName, "OTEL_RESOURCE_ATTRIBUTES");
  const serviceName = variable(environment, "OTEL_SERVICE_NAME");
  if (serviceName !== undefined) give(["otlp", "serviceName"], serviceName.text, serviceName.name);
  else if (resource["service.name"] !== undefined) {
    give(["otlp", "serviceName"], resource["service.name"], "OTEL_RESOURCE_ATTRIBUTES");
  }

  const kubeconfig = variable(environment, "KUBECONFIG");
  if (kubeconfig !== undefined) give(["kubernetes", "kubeconfig"], kubeconfig.text, kubeconfig.name);

  const protocol = exporterVariable(environment, "PROTOCOL");
  const isOurs = protocol === undefined || protocol.text === "http/protobuf";
  const foreignProtocol = isOurs ? undefined : { variable: protocol.name, protocol: protocol.text };
  return { values, faults, foreignProtocol };
}

interface Variable {
  readonly name: string;
  readonly text: string;
}

function variable(environment: Environment, name: string): Variable | undefined {
  const text = environment[name]?.trim();
  return text === undefined || text === "" ? undefined : { name, text };
}

function exporterVariable(environment: Environment, name: string): Variable | undefined {
  return (
    variable(environment, `OTEL_EXPORTER_OTLP_LOGS_${name}`) ??
    variable(environment, `OTEL_EXPORTER_OTLP_${name}`)
  );
}

/**
 * `key=value,key=value` as in W3C Baggage, without its properties; undefined where the text is something else.
 * https://www.w3.org/TR/baggage/#header-content
 */
function pairsOf(text: string): Record<string, string> | undefined {
  const pairs: Record<string, string> = {};
  for (const member of text.split(",")) {
    if (member.trim() === "") continue;
    const equals = member.indexOf("=");
    if (equals <= 0) return undefined;
    try {
      const name = decodeURIComponent(member.slice(0, equals).trim());
      pairs[name] = decodeURIComponent(member.slice(equals + 1).trim());
    } catch {
      return undefined;
    }
  }
  return pairs;
}
