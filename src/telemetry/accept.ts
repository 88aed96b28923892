export type ExpositionFormat = "prometheus" | "openmetrics";

/**
 * The format of `/metrics` that an Accept header prefers. OpenMetrics only where it is named, in version 1.0.0 or
 * without one, and liked no less than plain text.
 * https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function formatForAccept(accept: string | undefined): ExpositionFormat {
  let openMetrics = 0;
  let text = 0;
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (type === "application/openmetrics-text") {
      const version = parameters.find((parameter) => parameter.startsWith("version="));
      if (version === undefined || version === "version=1.0.0") openMetrics = Math.max(openMetrics, quality);
    } else if (type === "text/plain" || type === "text/*") {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "prometheus";
}

function qualityOf(parameters: readonly string[]): number {
  const parameter = parameters.find((candidate) => candidate.startsWith("q="));
  if (parameter === undefined) return 1;
  const quality = Number(parameter.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
