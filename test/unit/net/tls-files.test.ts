import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { rotatingFileDefaults } from "../../../src/net/rotating-file.ts";
import { tlsFromFiles } from "../../../src/net/tls-files.ts";
import { movedClock } from "./moved-clock.ts";
import { temporaryFolder } from "./temporary-folder.ts";

suite("TLS files", () => {
  test("TLS material is one object until a file of it changes", async () => {
    await using folder = await temporaryFolder();
    const clock = movedClock();
    const caFile = join(folder.path, "ca.crt");
    await writeFile(caFile, "CA one");
    const tls = tlsFromFiles({ caFile, servername: "api" }, clock.runtime);
    const first = await tls();
    assert.equal(first.ca, "CA one");
    assert.equal(first.servername, "api");
    assert.equal(await tls(), first);
    await writeFile(caFile, "CA two!");
    clock.pass(rotatingFileDefaults.checkIntervalMs);
    assert.equal((await tls()).ca, "CA two!");
  });

  test("a file that is missing from the start is named", async () => {
    const tls = tlsFromFiles({ caFile: "/nowhere/ca.crt" }, movedClock().runtime);
    await assert.rejects(tls(), { message: "Cannot read /nowhere/ca.crt: there is no such file" });
  });
});
