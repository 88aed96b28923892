import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";

import { RotatingFile, rotatingFileDefaults } from "../net/rotating-file.ts";
import type { RotatingFileObserver } from "../net/rotating-file.ts";
import { tlsFromFiles } from "../net/tls-files.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { ClusterAccess } from "./cluster-access.ts";

/** Where the kubelet mounts a pod's ServiceAccount. */
export const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  /** `KUBERNETES_SERVICE_HOST`: a name, an IPv4 or a bare IPv6 address. */
  readonly host: string;
  /** `KUBERNETES_SERVICE_PORT`. */
  readonly port: string;
  /** Default `serviceAccountDirectory`. */
  readonly directory?: string;
}

/**
 * The ServiceAccount of the pod. Token and CA are read again as they rotate: the kubelet renews a token at 80 % of its
 * life, and a Service's certificate authority may change under a running pod.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
 */
export function inClusterAccess(
  { host, port, directory = serviceAccountDirectory }: InClusterOptions,
  runtime: Runtime,
  observer?: RotatingFileObserver,
): ClusterAccess {
  const token = new RotatingFile(join(directory, "token"), rotatingFileDefaults, runtime, observer);
  return {
    origin: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    tls: tlsFromFiles({ caFile: join(directory, "ca.crt") }, runtime, observer),
    proxyUrl: undefined,
    describes: "the service account of this pod",
    async authorization() {
      const text = await token.text();
      return { authorization: `Bearer ${text.trim()}` };
    },
    async refreshAuthorization() {
      token.expire();
    },
  };
}

/** The pod's own namespace; undefined where no ServiceAccount is mounted. */
export function serviceAccountNamespace(directory: string = serviceAccountDirectory): string | undefined {
  try {
    const text = readFileSync(join(directory, "namespace"), "utf8").trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
