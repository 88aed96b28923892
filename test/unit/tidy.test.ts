import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { arrows } from "../arrows.ts";

/** The code about itself: what no type and no lint rule holds. */

const root = fileURLToPath(new URL("../..", import.meta.url));

interface SourceFile {
  /** Below `src`, such as `source/watch.ts`. */
  readonly path: string;
  readonly text: string;
}

const files: readonly SourceFile[] = globSync("**/*.ts", { cwd: join(root, "src") })
  .map((path) => path.replaceAll("\\", "/"))
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(root, "src", path), "utf8") }));

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Imports and re-exports of files of `src`, static and dynamic; `target` as a path below `src`. */
function importsOf({ path, text }: SourceFile): readonly Import[] {
  const found: Import[] = [];
  const pattern =
    /^(?:import|export)\s+(?<type>type\s)?(?:[^"'`;]*?\sfrom\s+)?["'](?<static>\.[^"']+)["']|\bimport\s*\(\s*["'](?<dynamic>\.[^"']+)["']/gm;
  for (const match of text.matchAll(pattern)) {
    const specifier = match.groups?.["static"] ?? match.groups?.["dynamic"] ?? "";
    const target = normalize(join(dirname(path), specifier)).replaceAll("\\", "/");
    found.push({ target, typeOnly: match.groups?.["type"] !== undefined });
  }
  return found;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : ".";
}

/** Why `path` may not import `target`, or undefined. */
function faultOf(path: string, { target, typeOnly }: Import): string | undefined {
  const from = folderOf(path);
  const to = folderOf(target);
  const allowed = arrows[from];
  if (allowed === undefined)
    return `${path}: the folder ${from} has no arrows; give it some in test/arrows.ts`;
  if (target.startsWith("../")) return `${path} imports ${target}, which is not in src`;
  if (from === to || allowed.imports === "any" || allowed.imports.includes(to)) return undefined;
  if (allowed.files?.includes(target) === true) return undefined;
  if (allowed.types?.includes(to) === true) {
    return typeOnly ? undefined : `${path} imports ${target}: from ${to} only \`import type\` is allowed`;
  }
  return `${path} imports ${target}: ${from} may not import from ${to} (test/arrows.ts)`;
}

/** Files without a test of their own path, and what holds them instead. */
const testedElsewhere: ReadonlyMap<string, string> = new Map([
  ["main.ts", "the process itself: test/integration and test/e2e start it"],
  ["app.ts", "the whole of it: test/integration"],
  ["replica.ts", "the whole of it: test/simulation, test/integration"],
  ["cli/actions.ts", "nothing but imports: test/integration/cli"],
  ["cli/config-flags.ts", "what flags set: test/unit/cli/run.test.ts, test/unit/config/settings.test.ts"],
  ["cli/load-or-explain.ts", "what it prints: test/unit/cli/run.test.ts, check-config.test.ts"],
  ["cli/package-version.ts", "test/unit/cli/version.test.ts"],
  // The whole of a command, as a process
  ["cli/play-demo.ts", "test/integration/cli/processes.test.ts"],
  ["cli/record-events.ts", "test/integration/cli/processes.test.ts"],
  ["cli/run-app.ts", "test/integration/cli/processes.test.ts, main.test.ts; test/e2e/words.e2e.ts"],
  // What a person reads for a faulty file, to the letter: test/unit/config/load.test.ts
  ["config/describe-issue.ts", "test/unit/config/load.test.ts"],
  ["config/describe-value.ts", "test/unit/config/load.test.ts"],
  ["config/fault.ts", "test/unit/config/load.test.ts"],
  ["config/fields.ts", "test/unit/config/load.test.ts"],
  ["config/file-access.ts", "test/unit/cli/check-config.test.ts, on the real disk"],
  ["config/leader-schema.ts", "test/unit/config/load.test.ts"],
  ["config/otlp-schema.ts", "test/unit/config/load.test.ts, target.test.ts"],
  ["config/processor-schema.ts", "test/unit/config/load.test.ts"],
  ["config/rules.ts", "test/unit/config/load.test.ts"],
  ["config/schema.ts", "test/unit/config/load.test.ts, settings.test.ts"],
  ["config/tree.ts", "test/unit/config/load.test.ts, effective.test.ts"],
  ["config/unknown-key.ts", "test/unit/config/load.test.ts"],
  // The parts of a stand-in, through its one face; and against the real API server in test/contract
  [
    "standin/api-server/event-line.ts",
    "the bytes of a line: test/unit/standin/api-server/revision-log.test.ts",
  ],
  ["standin/api-server/forbidden.ts", "test/unit/standin/api-server/handler.test.ts, test/contract"],
  ["standin/api-server/lease-response.ts", "test/contract"],
  ["standin/api-server/list-response.ts", "test/contract"],
  ["standin/api-server/response.ts", "test/contract"],
  ["standin/api-server/route.ts", "test/contract"],
  ["standin/api-server/status.ts", "test/contract"],
  ["standin/api-server/watch-stream.ts", "test/unit/standin/api-server/handler.test.ts, test/contract"],
  ["standin/body.ts", "test/unit/standin/api-server/handler.test.ts"],
  ["standin/count-log-records.ts", "test/unit/standin/otlp-receiver.test.ts"],
  ["standin/der.ts", "test/unit/standin/certificate.test.ts, by Node's own reader"],
  ["standin/loki-order.ts", "test/unit/standin/otlp-receiver.test.ts"],
  ["standin/moved-event.ts", "test/unit/standin/player.test.ts"],
  ["standin/otlp-answer.ts", "test/unit/standin/otlp-receiver.test.ts"],
  ["standin/relay.ts", "test/integration/standin/face.test.ts"],
]);

/** Nothing in it runs: types and their comments only. */
function hasOnlyTypes(text: string): boolean {
  return !/^(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function|class|const|let|var)\b/m.test(text);
}

suite("tidy", () => {
  test("the parser of imports sees every form", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "../model/b.ts";',
      "import {",
      "  c,",
      '} from "../net/c.ts";',
      'export { d } from "./d.ts";',
      'export type { E } from "./e.ts";',
      'import "./f.ts";',
      'const g = await import("../cli/g.ts");',
      'import { h } from "node:fs";',
      'import * as i from "./i.ts";',
    ].join("\n");
    assert.deepEqual(
      importsOf({ path: "source/x.ts", text }).map(
        ({ target, typeOnly }) => `${target}${typeOnly ? " type" : ""}`,
      ),
      [
        "source/a.ts",
        "model/b.ts type",
        "net/c.ts",
        "source/d.ts",
        "source/e.ts type",
        "source/f.ts",
        "cli/g.ts",
        "source/i.ts",
      ],
    );
  });

  test("the table of arrows refuses what it does not allow", () => {
    const value = { typeOnly: false };
    const type = { typeOnly: true };
    assert.equal(faultOf("pipeline/x.ts", { target: "otlp/encode.ts", ...type }), undefined);
    assert.match(
      faultOf("pipeline/x.ts", { target: "otlp/encode.ts", ...value }) ?? "",
      /only `import type`/,
    );
    assert.match(
      faultOf("processor/x.ts", { target: "net/http.ts", ...type }) ?? "",
      /may not import from net/,
    );
    assert.match(faultOf("new/x.ts", { target: "shared/runtime.ts", ...value }) ?? "", /has no arrows/);
    assert.equal(faultOf("standin/x.ts", { target: "source/recording.ts", ...value }), undefined);
    assert.match(faultOf("standin/x.ts", { target: "source/watch.ts", ...value }) ?? "", /may not/);
    assert.match(faultOf("model/x.ts", { target: "../test/y.ts", ...value }) ?? "", /not in src/);
  });

  test("imports follow the arrows", () => {
    const faults = files.flatMap((file) =>
      importsOf(file)
        .map((one) => faultOf(file.path, one))
        .filter((fault) => fault !== undefined),
    );
    assert.deepEqual(faults, []);
  });

  test("every folder has arrows, and every arrow's folder is there", () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)));
    assert.deepEqual([...folders].toSorted(), Object.keys(arrows).toSorted());
  });

  test("only config/ and main.ts read the environment (invariant 5)", () => {
    const faults = files.filter(
      ({ path, text }) =>
        /\bprocess\s*\.\s*env\b|\benv\b[^;]*\bfrom "node:process"/.test(text) &&
        folderOf(path) !== "config" &&
        path !== "main.ts",
    );
    assert.deepEqual(
      faults.map(({ path }) => path),
      [],
    );
  });

  test("no clock beside Runtime (invariant 8): what lint cannot see", () => {
    const faults = files.filter(({ text }) => /new Date\(\s*\)|process\.hrtime|process\.uptime/.test(text));
    assert.deepEqual(
      faults.map(({ path }) => path),
      [],
    );
  });

  test("the processor does no I/O (invariant 1)", () => {
    const faults = files.filter(
      ({ path, text }) =>
        folderOf(path) === "processor" && /from "node:(?!crypto|buffer)|\bfetch\(|\bprocess\./.test(text),
    );
    assert.deepEqual(
      faults.map(({ path }) => path),
      [],
    );
  });

  test("every file with code has a test of the same path, in test/unit or test/integration", () => {
    const missing = files
      .filter(({ path, text }) => !testedElsewhere.has(path) && !hasOnlyTypes(text))
      .map(({ path }) => path.replace(/\.ts$/, ".test.ts"))
      .filter((path) => !["unit", "integration"].some((kind) => existsSync(join(root, "test", kind, path))));
    assert.deepEqual(missing, []);
  });

  test("what is tested elsewhere is still there", () => {
    const paths = new Set(files.map(({ path }) => path));
    assert.deepEqual(
      [...testedElsewhere.keys()].filter((path) => !paths.has(path)),
      [],
    );
  });

  test("no file is longer than 400 lines", () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > 400);
    assert.deepEqual(long, []);
  });

  test("nothing is left undone", () => {
    const faults = files.filter(({ text }) => /\b(?:TODO|FIXME|XXX)\b|not (?:yet )?implemented/i.test(text));
    assert.deepEqual(
      faults.map(({ path }) => path),
      [],
    );
  });
});
