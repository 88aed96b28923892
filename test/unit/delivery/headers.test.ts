import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { headersFrom } from "../../../src/delivery/headers.ts";
import { temporaryFolder } from "../net/temporary-folder.ts";
import { VirtualRuntime } from "./virtual-runtime.ts";

const never = new AbortController().signal;
const silent = { onChange: () => undefined, onFault: () => undefined };

suite("headers of the requests", () => {
  test("fixed ones, and those of files, which win", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "token");
    await writeFile(path, "Bearer abc\n");
    const headers = headersFrom(
      { authorization: "Basic eA==", "x-scope-orgid": "7" },
      { Authorization: path },
      new VirtualRuntime(),
      silent,
    );
    assert.deepEqual(await headers(never), { authorization: "Bearer abc", "x-scope-orgid": "7" });
  });

  test("a file is read again when it changed, and what it held stands while it is away", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "token");
    const runtime = new VirtualRuntime();
    const said: string[] = [];
    const headers = headersFrom({}, { authorization: path }, runtime, {
      onChange: () => said.push("changed"),
      onFault: () => said.push("fault"),
    });
    await writeFile(path, "one");
    assert.deepEqual(await headers(never), { authorization: "one" });
    await writeFile(path, "second");
    await runtime.pass({ ms: 10_000 });
    assert.deepEqual(await headers(never), { authorization: "second" });
    await rm(path);
    await runtime.pass({ ms: 10_000 });
    assert.deepEqual(await headers(never), { authorization: "second" });
    assert.deepEqual(said, ["changed", "fault"]);
  });

  test("a file that was never there, or holds what no header may have, is named", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "token");
    const headers = headersFrom({}, { authorization: path }, new VirtualRuntime(), silent);
    await assert.rejects(headers(never), new RegExp(`Cannot read ${path}: there is no such file`));
    for (const text of ["Bearer a\nX-Evil: b", "na\u0000me", "\u20ac"]) {
      await writeFile(path, text);
      const fresh = headersFrom({}, { authorization: path }, new VirtualRuntime(), silent);
      await assert.rejects(fresh(never), new RegExp(`${path} holds a line break or another character`), text);
    }
  });
});
