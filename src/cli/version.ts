import { Option, type Command } from "commander";

import { scope } from "../model/attributes.ts";
import type { Cli } from "./cli.ts";
import { packageVersion } from "./package-version.ts";

/** `tidings version`: of the program, of Node.js, and of the mapping from Events to records. */
export function addVersion(program: Command, { io }: Cli): void {
  program
    .command("version")
    .summary("print the version")
    .description(
      "Prints the version of tidings, of Node.js, and of the mapping from Events to OTLP records, which changes " +
        "only when records do.",
    )
    .addOption(
      new Option("-o, --output <format>", "for people or for programs")
        .choices(["text", "json"])
        .default("text"),
    )
    .action(({ output }: { readonly output: string }) => {
      const version = packageVersion();
      const node = process.versions.node;
      io.stdout.write(
        output === "json"
          ? `${JSON.stringify({ apiVersion: "tidings/v1", kind: "Version", version, node, mapping: scope.version })}\n`
          : `tidings ${version} (Node.js ${node}, OTLP mapping ${scope.version})\n`,
      );
    });
}
