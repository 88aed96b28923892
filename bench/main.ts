/** `npm run bench`: what tidings costs. docs/performance.md says what is measured and what came out. */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";

import { compile } from "./compile.ts";
import { endToEnd } from "./end-to-end.ts";
import { memory } from "./memory.ts";
import { stageCosts } from "./stages.ts";

const help = `npm run bench -- [--quick] [--only stages,end-to-end,stock,memory] [--rounds N] [--million-stored]

  --quick            a smoke run: the numbers mean little
  --only PARTS       stages: CPU of each stage; end-to-end: reading alone and tidings;
                     stock: reading alone, tidings and the SDK's own path; memory
  --rounds N         of each measurement (default 5)
  --million-stored   memory: a million stored Events, too (the API server takes 3 GB)
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "stages,stock,memory" },
    rounds: { type: "string" },
    "million-stored": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const parts = values.only.split(",");
const { quick } = values;

if (values.help) say(help);
else await run();

async function run(): Promise<void> {
  const rounds = Number(values.rounds ?? (quick ? 1 : 5));
  const [cpu] = cpus();
  say(`Node ${process.version}, ${cpus().length} cores (${cpu?.model.trim() ?? "?"})`);
  const [load = 0] = loadavg();
  if (load > 0.5)
    say(`The machine is not quiet: load ${load.toFixed(1)}. Numbers come out worse than they are.`);
  if (parts.includes("stages")) {
    section("CPU of each stage, one process, no sockets");
    say(await stageCosts({ events: quick ? 5000 : 20_000, rounds: quick ? 3 : 15 }));
  }
  if (parts.some((part) => part !== "stages")) compile();
  if (parts.includes("end-to-end") || parts.includes("stock")) {
    section(
      "End to end: TLS and HTTP/2 from an API server, gzip OTLP over HTTP to a sink, each its own process",
    );
    const subjects = ["reading", "tidings", "tidings in a pod"] as const;
    const stock = ["stock", "stock, large queue"] as const;
    say(
      await endToEnd(
        {
          events: quick ? 30_000 : 300_000,
          rounds,
          subjects: parts.includes("stock") ? [...subjects, ...stock] : subjects,
        },
        say,
      ),
    );
  }
  if (parts.includes("memory")) {
    section("Memory");
    const stored = [1000, ...(quick ? [] : [100_000]), ...(values["million-stored"] ? [1_000_000] : [])];
    const events = quick ? 50_000 : 1_000_000;
    say(await memory({ events, sampleEvery: events / 10, stored, subject: "tidings in a pod" }, say));
  }
}

function section(title: string): void {
  say(`\n## ${title}\n`);
}
