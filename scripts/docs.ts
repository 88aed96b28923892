import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { arrowsPage } from "./docs/arrows.ts";
import { chartSchema, versionPages } from "./docs/chart.ts";
import { configurationPage, configurationSchema } from "./docs/configuration.ts";
import { metricsPage } from "./docs/metrics.ts";
import type { GeneratedPage } from "./docs/page.ts";
import { telemetryPage } from "./docs/telemetry.ts";

/** Pages that are made from the code: `--write` writes them, `--check` fails when one is not what the code says. */
const pages: readonly GeneratedPage[] = [
  arrowsPage,
  chartSchema,
  configurationPage,
  configurationSchema,
  metricsPage,
  telemetryPage,
  ...versionPages,
];

const root = fileURLToPath(new URL("..", import.meta.url));

function readPage(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

const drifted: { readonly path: string; readonly text: string }[] = [];
for (const page of pages) {
  const current = readPage(page.path);
  const text = page.render(current);
  if (text !== undefined && text !== current) drifted.push({ path: page.path, text });
}

const mode = process.argv[2];
if (mode === "--write") {
  for (const { path, text } of drifted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
} else if (mode === "--check") {
  for (const { path } of drifted) {
    process.stderr.write(`${path} is not what the code says: run \`npm run docs\`\n`);
  }
  if (drifted.length > 0) process.exitCode = 1;
} else {
  process.stderr.write("Usage: node scripts/docs.ts --write | --check\n");
  process.exitCode = 2;
}
