import { join } from "node:path";

import { ensureBinary } from "./build.ts";
import type { Etcd } from "./etcd.ts";
import { flags } from "./flags.ts";
import { KubeApi } from "./kube-api.ts";
import type { LabFolder } from "./lab-folder.ts";
import { LabProcess } from "./lab-process.ts";
import type { Pki } from "./pki.ts";
import { freePort } from "./ports.ts";

export interface ApiServerOptions {
  /** How long Events live, as a Go duration. With less than a minute give also `--lease-reuse-duration-seconds=1`. */
  readonly eventTtl?: string;
  /**
   * An address of this machine that pods reach. It then listens on all of them, and the Service `kubernetes` leads to
   * it: for a sealed network (`sealed.ts`).
   */
  readonly advertiseIp?: string | undefined;
  readonly extraArgs?: readonly string[];
}

/** A kube-apiserver with TLS, RBAC and ServiceAccount tokens, on 127.0.0.1. */
export class ApiServer extends LabProcess {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** As `system:masters`. */
  readonly admin: KubeApi;
  /** Where pods reach it; undefined where it is on 127.0.0.1 only. */
  readonly advertiseIp: string | undefined;

  private constructor(
    folder: LabFolder,
    command: string,
    args: readonly string[],
    admin: KubeApi,
    advertiseIp: string | undefined,
  ) {
    super({
      name: "kube-apiserver",
      command,
      args,
      folder,
      isReady: () => admin.isReady(),
      readyWithinMs: 120_000,
    });
    this.admin = admin;
    this.url = admin.server;
    this.advertiseIp = advertiseIp;
  }

  static async create(
    folder: LabFolder,
    etcd: Etcd,
    pki: Pki,
    options: ApiServerOptions = {},
  ): Promise<ApiServer> {
    const command = await ensureBinary("kube-apiserver");
    const port = await freePort();
    const tls = await pki.server("kube-apiserver", [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ]);
    const toKubelet = await pki.client("apiserver-kubelet", "kube-apiserver-kubelet-client", [
      "system:masters",
    ]);
    const { advertiseIp } = options;
    const args = flags({
      "etcd-servers": etcd.url,
      "secure-port": port,
      "bind-address": advertiseIp === undefined ? "127.0.0.1" : "0.0.0.0",
      "advertise-address": advertiseIp ?? "127.0.0.1",
      "endpoint-reconciler-type": advertiseIp === undefined ? "none" : "lease",
      "tls-cert-file": tls.certFile,
      "tls-private-key-file": tls.keyFile,
      "client-ca-file": pki.caFile,
      "token-auth-file": join(pki.folder, "tokens.csv"),
      "service-account-issuer": serviceAccountIssuer,
      "service-account-key-file": join(pki.folder, "sa.pub"),
      "service-account-signing-key-file": join(pki.folder, "sa.key"),
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "allow-privileged": true,
      "anonymous-auth": "false",
      profiling: "false",
      "service-cluster-ip-range": "10.96.0.0/16",
      "kubelet-client-certificate": toKubelet.certFile,
      "kubelet-client-key": toKubelet.keyFile,
      // The node is named localhost, so that logs and exec stay on the loopback.
      "kubelet-preferred-address-types": "Hostname,InternalIP",
      "event-ttl": options.eventTtl ?? "1h",
    });
    args.push(...(options.extraArgs ?? []));
    const admin = new KubeApi({
      server: `https://127.0.0.1:${port}`,
      caPem: pki.caPem,
      certPem: pki.adminCertPem,
      keyPem: pki.adminKeyPem,
    });
    return new ApiServer(folder, command, args, admin, advertiseIp);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.admin[Symbol.dispose]();
    await super[Symbol.asyncDispose]();
  }
}

/** `iss` and `aud` of the tokens that it signs and takes. */
export const serviceAccountIssuer = "https://kubernetes.default.svc";
