import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { ensureBinary } from "./build.ts";
import { flags } from "./flags.ts";
import type { LabFolder } from "./lab-folder.ts";
import { LabProcess } from "./lab-process.ts";
import { freePorts } from "./ports.ts";

const run = promisify(execFile);

/** A single etcd member on plain HTTP. Its data survives a kill and a restart. */
export class Etcd extends LabProcess {
  readonly url: string;
  readonly #peerUrl: string;
  readonly #dataFolder: string;

  private constructor(folder: LabFolder, binary: string, url: string, peerUrl: string) {
    const dataFolder = join(folder.path, "etcd");
    super({
      name: "etcd",
      command: binary,
      args: flags({
        name: "lab",
        "data-dir": dataFolder,
        "listen-client-urls": url,
        "advertise-client-urls": url,
        "listen-peer-urls": peerUrl,
        "initial-advertise-peer-urls": peerUrl,
        "initial-cluster": `lab=${peerUrl}`,
        "log-level": "warn",
        // Tests kill processes, not machines: what the kernel has taken is safe, and a disk shared with builds is slow.
        "unsafe-no-fsync": true,
      }),
      folder,
      isReady: async () => (await fetch(`${url}/health`)).ok,
      readyWithinMs: 60_000,
    });
    this.url = url;
    this.#peerUrl = peerUrl;
    this.#dataFolder = dataFolder;
  }

  static async create(folder: LabFolder): Promise<Etcd> {
    const etcd = await ensureBinary("etcd");
    const [client, peer] = await freePorts(2);
    return new Etcd(folder, etcd, `http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`);
  }

  /** The current revision: what Kubernetes calls resourceVersion. */
  async revision(): Promise<number> {
    const text = await this.#ctl(["endpoint", "status", "-w", "json"]);
    const revision = /"revision":(\d+)/.exec(text)?.[1];
    if (revision === undefined) throw new Error(`etcdctl tells no revision: ${text}`);
    return Number(revision);
  }

  /** Forgets every revision below the current one. */
  async compact(): Promise<number> {
    const revision = await this.revision();
    await this.#ctl(["compact", String(revision)]);
    return revision;
  }

  /** Raises the revision by writing a key that Kubernetes does not look at. */
  async touch(times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) await this.#ctl(["put", "/tidings-lab/touch", String(i)]);
  }

  async snapshot(file: string): Promise<void> {
    await this.#ctl(["snapshot", "save", file]);
  }

  /**
   * Replaces the data by a snapshot's; etcd must be stopped. Without `bumpRevision` revisions go back, and a watch from
   * an old one hangs silently; with it they jump ahead and the old ones count as compacted.
   */
  async restore(file: string, options: { readonly bumpRevision: boolean }): Promise<void> {
    const etcdutl = await ensureBinary("etcdutl");
    await rm(this.#dataFolder, { recursive: true, force: true });
    const args = flags({
      "data-dir": this.#dataFolder,
      name: "lab",
      "initial-cluster": `lab=${this.#peerUrl}`,
      "initial-advertise-peer-urls": this.#peerUrl,
      ...(options.bumpRevision ? { "bump-revision": 1_000_000, "mark-compacted": true } : {}),
    });
    await run(etcdutl, ["snapshot", "restore", file, ...args]);
  }

  async #ctl(args: readonly string[]): Promise<string> {
    const etcdctl = await ensureBinary("etcdctl");
    const { stdout } = await run(etcdctl, ["--endpoints", this.url, ...args]);
    return stdout;
  }
}
