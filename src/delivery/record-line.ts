import { styleText } from "node:util";

import type { AnyValue, Attributes, LogRecord } from "../otlp/logs-request.ts";

/**
 * A record as one line for people: time, severity, reason (the name of a record of our own), object, count where it is
 * more than one, message.
 * `colour` adds terminal colours. What an Event's author wrote cannot break the line or drive the terminal.
 */
export function formatRecordLine(
  record: { readonly resource: Attributes; readonly logRecord: LogRecord },
  options: { readonly colour: boolean },
): string {
  const { resource, logRecord } = record;
  const paint = (style: Style, text: string): string =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;

  const severity = severityOf(logRecord.severityNumber);
  const attribute = (name: string): string => plain(logRecord.attributes.get(name));
  const object = [
    plain(resource.get("k8s.namespace.name")),
    attribute("k8s.object.kind"),
    attribute("k8s.object.name"),
  ]
    .filter((part) => part !== "")
    .join("/");
  const count = logRecord.attributes.get("k8s.event.count");
  const repeats = typeof count === "bigint" && count > 1n ? ` x${count}` : "";
  const columns = [
    paint("dim", timeOf(logRecord)),
    paint(severity.style, severity.word.padEnd(5)),
    paint(severity.style, (attribute("k8s.event.reason") || plain(logRecord.eventName)).padEnd(reasonWidth)),
  ];
  // A record of our own is about no object: no empty column then.
  if (object !== "" || repeats !== "") columns.push(paint("cyan", object) + paint("bold", repeats));
  columns.push(plain(logRecord.body));
  return columns.join("  ").trimEnd();
}

type Style = "dim" | "bold" | "cyan" | "green" | "yellow" | "red" | "magenta";

/** Most reasons fit; a longer one moves its own line only. */
const reasonWidth = 18;

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#displaying-severity */
function severityOf(severityNumber: number): { readonly word: string; readonly style: Style } {
  if (severityNumber >= 21) return { word: "FATAL", style: "magenta" };
  if (severityNumber >= 17) return { word: "ERROR", style: "red" };
  if (severityNumber >= 13) return { word: "WARN", style: "yellow" };
  if (severityNumber >= 9) return { word: "INFO", style: "green" };
  return { word: severityNumber >= 1 ? "DEBUG" : "-", style: "dim" };
}

function timeOf(record: LogRecord): string {
  const nanos = record.timeUnixNano === 0n ? record.observedTimeUnixNano : record.timeUnixNano;
  const ms = Number(nanos / 1_000_000n);
  // Beyond what a Date can hold, which is 275,000 years.
  return ms > 8.64e15 ? `${nanos}ns` : new Date(ms).toISOString();
}

function plain(value: AnyValue | undefined): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" || typeof value === "bigint" ? String(value) : "…";
  // C0, C1, the separators and the marks that turn the direction of writing.
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ").trim();
}
