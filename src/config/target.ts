/** What is wrong with the URL of an endpoint, or undefined. */
export function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.hash !== "") return "a URL with `#` is no endpoint";
    return isDecodable(url.username) && isDecodable(url.password)
      ? undefined
      : "a `%` in the user or the password is written %25 in a URL";
  }
  // `collector:4318` parses as a URL of scheme `collector:`.
  const meant = meantUrl(text);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  return `expected a URL that begins with http:// or https://${hint}`;
}

/** What a text that is no URL was meant to be, where it surely holds no password: host, port and path. */
export function meantUrl(text: string): string | undefined {
  const rest = text.replace(/^[a-z]*:?\/\//i, "");
  return /^[\w.-]+(?::\d+)?(?:\/[\w./-]*)?$/.test(rest) ? `http://${rest}` : undefined;
}

export interface Target {
  /** Where the logs go: origin, path and query; no user, no password. */
  readonly url: string;
  /** Lower-case names; basic authentication where the URL had a user. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The whole URL, by the rules of OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `/v1/logs` is
 * appended to the base, a logs endpoint is taken as it is.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function targetOf(
  endpoint: string,
  logsEndpoint: string,
  headers: Readonly<Record<string, string>>,
): Target {
  const url = new URL(logsEndpoint === "" ? endpoint : logsEndpoint);
  if (logsEndpoint === "") url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/logs`;
  const sent: Record<string, string> = {};
  if (url.username !== "" || url.password !== "") {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    sent["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value;
  return { url: url.href, headers: sent };
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
