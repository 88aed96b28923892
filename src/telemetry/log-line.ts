import type { LogLevel } from "./describe.ts";

export interface LogLine {
  /** ms since the epoch. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  /** The notice's own fields under their own names; plain values only. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** One JSON object and a line feed: what a log collector reads. */
export function jsonLine(line: LogLine): string {
  const { timeMs, level, message, fields } = line;
  return `${JSON.stringify({ time: new Date(timeMs).toISOString(), level, message, ...fields })}\n`;
}

/** One line for a person at a terminal; the fields are in the message already. */
export function textLine(line: LogLine, colour: boolean): string {
  const time = new Date(line.timeMs).toISOString().slice(11, 23);
  const level = line.level.padEnd(5);
  const suppressed = line.fields["suppressed"];
  const more = suppressed === undefined ? "" : ` [and ${suppressed} more of this kind]`;
  const message = withoutControls(line.message) + more;
  if (!colour) return `${time} ${level} ${message}\n`;
  return `${dim}${time}${reset} ${colours[line.level]}${level}${reset} ${message}\n`;
}

// SGR codes of ECMA-48: https://ecma-international.org/publications-and-standards/standards/ecma-48/
const dim = "\u001B[2m";
const reset = "\u001B[0m";
const colours: Readonly<Record<LogLevel, string>> = {
  debug: "\u001B[2m",
  info: "\u001B[36m",
  warn: "\u001B[33m",
  error: "\u001B[31m",
};

/** A server's words may hold anything: they must not steer the terminal nor forge a second line. */
function withoutControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu, " ");
}
