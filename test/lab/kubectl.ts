import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { promisify } from "node:util";

import type { Clients } from "./clients.ts";
import type { ControlPlane } from "./control-plane.ts";

const run = promisify(execFile);

/** kubectl and helm, as the admin of a control plane. A command that fails throws with what it said. */
export class Kubectl {
  /** Where both may keep files. */
  readonly folder: string;
  readonly #clients: Clients;
  readonly #kubeconfig: string;

  constructor(clients: Clients, plane: ControlPlane) {
    this.#clients = clients;
    this.#kubeconfig = plane.kubeconfig;
    this.folder = plane.folder.path;
  }

  /** kubectl with these arguments; what it wrote to standard output. */
  async run(...args: readonly string[]): Promise<string> {
    return this.#run(this.#clients.kubectl, args);
  }

  async helm(...args: readonly string[]): Promise<string> {
    return this.#run(this.#clients.helm, args);
  }

  /** Lines for a shell in which both are found. */
  async shell(lines: string): Promise<string> {
    return this.#run("/bin/sh", ["-ec", lines]);
  }

  async #run(command: string, args: readonly string[]): Promise<string> {
    const { helm, kubectl } = this.#clients;
    const path = [dirname(kubectl), dirname(helm), process.env["PATH"] ?? ""].join(delimiter);
    const { stdout } = await run(command, args, {
      // No file of the user's is read or written.
      env: { ...process.env, PATH: path, KUBECONFIG: this.#kubeconfig, HOME: this.folder },
      maxBuffer: 64 * 1_024 * 1_024,
    });
    return stdout;
  }
}
