import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Child } from "./child.ts";

export interface Stand extends AsyncDisposable {
  readonly feeder: Child;
  readonly sink: Child;
  /** With `ca.crt` and `token`, as a pod finds them. */
  readonly directory: string;
  readonly apiServer: string;
  readonly endpoint: string;
  readonly kubeconfig: string;
  /** tidings' configuration file: all defaults but the addresses. */
  readonly config: string;
}

/** An API server, an OTLP endpoint, and the files that lead to them. `count`: lines of the ring, or stored Events. */
export async function startStand(mode: "ring" | "stored", count: number): Promise<Stand> {
  const directory = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  const feeder = new Child(new URL("processes/feeder.ts", import.meta.url), [directory, mode, String(count)]);
  const sink = new Child(new URL("processes/sink.ts", import.meta.url), []);
  async function close(): Promise<void> {
    await Promise.all([feeder[Symbol.asyncDispose](), sink[Symbol.asyncDispose]()]);
    await rm(directory, { recursive: true, force: true });
  }
  try {
    const apiServer = `https://127.0.0.1:${await feeder.until("port", 1, 300_000)}`;
    const endpoint = `http://127.0.0.1:${await sink.until("port", 1, 30_000)}`;
    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigOf(apiServer, directory));
    const config = join(directory, "tidings.yaml");
    await writeFile(config, configOf(endpoint, kubeconfig));
    return {
      feeder,
      sink,
      directory,
      apiServer,
      endpoint,
      kubeconfig,
      config,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

// Both as JSON, which is YAML.
function configOf(endpoint: string, kubeconfig: string): string {
  return JSON.stringify({
    cluster: { name: "bench" },
    kubernetes: { kubeconfig },
    otlp: { endpoint },
    http: { listen: "127.0.0.1:0" },
  });
}

function kubeconfigOf(server: string, directory: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    clusters: [{ name: "bench", cluster: { server, "certificate-authority": join(directory, "ca.crt") } }],
    users: [{ name: "bench", user: { token: "bench" } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
  });
}
