import { styleText } from "node:util";

import type { Environment } from "../config/value-source.ts";
import type { Output } from "./io.ts";

/** Whether colours are wanted there: https://no-color.org, https://force-color.org, else only at a terminal. */
export function hasColour(output: Output, environment: Environment): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return output.isTTY === true && environment["TERM"] !== "dumb";
}

/** The text in a style, whatever the stream is: ask `hasColour` first. */
export function styled(style: "bold" | "dim" | "red" | "green" | "yellow", text: string): string {
  return styleText(style, text, { validateStream: false });
}
