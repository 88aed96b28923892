import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";

import { RotatingFile, rotatingFileDefaults } from "../../../src/net/rotating-file.ts";
import { movedClock } from "./moved-clock.ts";
import { temporaryFolder } from "./temporary-folder.ts";

suite("rotating file", () => {
  test("a projected volume's swap of links is seen after the interval", async () => {
    await using folder = await temporaryFolder();
    await publish(folder.path, "v1", "one");
    const path = join(folder.path, "token");
    await symlink(join("..data", "token"), path);
    const clock = movedClock();
    const changed: string[] = [];
    const file = new RotatingFile(path, rotatingFileDefaults, clock.runtime, {
      onChange: (what) => changed.push(what),
      onFault: (message) => changed.push(message),
    });

    assert.equal(await file.text(), "one");
    await publish(folder.path, "v2", "two");
    assert.equal(await file.text(), "one");
    clock.pass(rotatingFileDefaults.checkIntervalMs);
    assert.deepEqual(await Promise.all([file.text(), file.text()]), ["two", "two"]);
    clock.pass(rotatingFileDefaults.checkIntervalMs);
    assert.equal(await file.text(), "two");
    assert.deepEqual(changed, [path]);
  });

  test("expire looks at once", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "token");
    await writeFile(path, "one");
    const file = new RotatingFile(path, rotatingFileDefaults, movedClock().runtime);
    assert.equal(await file.text(), "one");
    await writeFile(path, "three");
    file.expire();
    assert.equal(await file.text(), "three");
  });

  test("a file that cannot be read is an error only as long as it never was; then it is said once", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "token");
    const clock = movedClock();
    const said: string[] = [];
    const file = new RotatingFile(path, { checkIntervalMs: 10, bytesMax: 100 }, clock.runtime, {
      onChange: (what) => said.push(`changed ${what}`),
      onFault: (message) => said.push(message),
    });
    await assert.rejects(file.text(), { message: `Cannot read ${path}: there is no such file` });
    await writeFile(path, "x".repeat(101));
    await assert.rejects(file.text(), {
      message: `Cannot read ${path}: it holds 101 bytes, more than the 100 that such a file may have`,
    });

    await writeFile(path, "good");
    assert.equal(await file.text(), "good");
    await writeFile(path, "");
    for (let turn = 0; turn < 3; turn += 1) {
      clock.pass(10);
      assert.equal(await file.text(), "good");
    }
    assert.deepEqual(said, [`Cannot read ${path}: it is empty`]);

    await writeFile(path, "better");
    clock.pass(10);
    assert.equal(await file.text(), "better");
    await rm(path);
    clock.pass(10);
    assert.equal(await file.text(), "better");
    assert.deepEqual(said.slice(1), [`changed ${path}`, `Cannot read ${path}: there is no such file`]);
  });
});

/** As the kubelet does it: a new folder, then one rename of the link that everything goes through. */
async function publish(root: string, version: string, token: string): Promise<void> {
  await mkdir(join(root, version));
  await writeFile(join(root, version, "token"), token);
  await symlink(version, join(root, "..data_tmp"));
  await rename(join(root, "..data_tmp"), join(root, "..data"));
}
