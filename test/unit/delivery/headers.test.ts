import assert from "node:assert/strict";
import { mkdtempDisposable, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { headersFrom } from "../../../src/delivery/headers.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const signal = new AbortController().signal;
const observer = { onChange: (): void => undefined, onFault: (): void => undefined };

test("a header from a file wins over a fixed one and follows the file as it rotates", async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), "headers-"));
  const path = join(directory.path, "token");
  await writeFile(path, "Bearer one\n");
  const runtime = new VirtualRuntime();
  const headers = headersFrom(
    { "x-scope-orgid": "a", authorization: "Bearer fixed" },
    { Authorization: path },
    runtime,
    observer,
  );
  assert.deepEqual(await headers(signal), { "x-scope-orgid": "a", authorization: "Bearer one" });
  await writeFile(`${path}.new`, "Bearer two\n");
  await rename(`${path}.new`, path);
  await runtime.pass({ ms: 5000 });
  assert.deepEqual(await headers(signal), { "x-scope-orgid": "a", authorization: "Bearer two" });
});

test("a file that was never readable is an error that names it", async () => {
  const headers = headersFrom({}, { authorization: "/nowhere/token" }, new VirtualRuntime(), observer);
  await assert.rejects(headers(signal), /\/nowhere\/token/);
});
