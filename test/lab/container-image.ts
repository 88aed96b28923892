/** Container images made offline: a root file system, packed as `docker save` does and `ctr images import` reads it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { commandPath } from "./debian-packages.ts";

const run = promisify(execFile);

/** Workload and pause container alike. Without a command it sleeps. */
export const busyboxImage = "lab.local/busybox:1";

/** Writes the image as a tar archive. */
export async function writeBusyboxImage(file: string): Promise<void> {
  const busybox = commandPath("busybox");
  if (busybox === undefined) throw new Error("busybox is missing");
  const config = { Env: ["PATH=/bin"], Cmd: ["/bin/sleep", "2147483647"] };
  await writeImage(file, busyboxImage, config, async (root) => {
    for (const folder of ["bin", "tmp", "etc", "proc", "sys", "dev", "var/run"]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    await chmod(join(root, "tmp"), 0o1777);
    await copyFile(busybox, join(root, "bin/busybox"));
    const { stdout } = await run(busybox, ["--list"]);
    for (const applet of stdout.trim().split("\n")) {
      if (applet !== "busybox") await symlink("busybox", join(root, "bin", applet));
    }
    await writeFile(
      join(root, "etc/passwd"),
      "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    );
  });
}

/** Writes an image of one layer, which `fill` makes in an empty folder. `config` is the OCI image's own. */
export async function writeImage(
  file: string,
  name: string,
  config: Readonly<Record<string, unknown>>,
  fill: (root: string) => Promise<void>,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "tidings-lab-image-"));
  try {
    const root = join(work, "root");
    await mkdir(root);
    await chmod(root, 0o755);
    await fill(root);
    await tar(root, join(work, "layer.tar"), ["."]);
    const digest = createHash("sha256")
      .update(await readFile(join(work, "layer.tar")))
      .digest("hex");
    const image = {
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "lab" }],
    };
    await writeFile(join(work, "config.json"), JSON.stringify(image));
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
    await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
    await tar(work, file, ["manifest.json", "config.json", "layer.tar"]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function tar(folder: string, file: string, entries: readonly string[]): Promise<void> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await run("tar", [...same, "-C", folder, "-cf", file, ...entries]);
}
