import { InvalidArgumentError, type Command } from "commander";

import { urlFault } from "../config/target.ts";
import type { Cli } from "./cli.ts";

export interface DemoOptions {
  /** How many times faster than it happened, or without any wait. */
  readonly speed: number | "max";
  /** Base URL of a real OTLP endpoint; undefined: the built-in receiver, which shows what arrives. */
  readonly endpoint: string | undefined;
}

const speedMax = 1_000_000;

/** `tidings demo`: a recorded cluster through the real exporter, without a cluster. */
export function addDemo(program: Command, { io, actions, exitWith }: Cli): void {
  program
    .command("demo")
    .summary("play a recorded cluster through the exporter; needs no cluster")
    .description(
      "Plays the Events of a real cluster, recorded on a bad day, through the real exporter and shows the records " +
        "as they arrive. Needs no cluster, no collector and no network.",
    )
    .option("--speed <times>", "how many times faster than it happened, or `max`", speedOf, 20)
    .option(
      "--endpoint <url>",
      "send to this OTLP/HTTP endpoint instead of the built-in receiver",
      endpointOf,
    )
    .addHelpText(
      "after",
      `
Examples:
  tidings demo
  tidings demo --speed max | head -20
  tidings demo --endpoint http://localhost:4318      into your own collector
`,
    )
    .action(async (options: { readonly speed: number | "max"; readonly endpoint?: string }) => {
      exitWith(await actions.demo({ speed: options.speed, endpoint: options.endpoint }, io));
    });
}

function speedOf(text: string): number | "max" {
  if (text === "max") return "max";
  const speed = Number(text.replace(/x$/, ""));
  if (speed > 0 && speed <= speedMax) return speed;
  throw new InvalidArgumentError(`Give a number such as 10, up to ${speedMax}, or \`max\`.`);
}

function endpointOf(text: string): string {
  const fault = urlFault(text);
  if (fault !== undefined)
    throw new InvalidArgumentError(`${fault.charAt(0).toUpperCase()}${fault.slice(1)}`);
  return text;
}
