/** What the lab can build: one row a binary. Versions stand in each module's go.mod alone. */
export interface Target {
  /** Folder under `modules/`. */
  readonly module: "kubernetes" | "otelcol" | "loki" | "kwok" | "coredns";
  /** The package to build, as `go build` takes it. */
  readonly goPackage: string;
  /** What to put beside `-s -w` into `-ldflags`, made from the text of go.mod. */
  readonly versionFlags: (goMod: string) => string;
  /** Rough time of a build with cold caches on two cores, for the message that announces it. */
  readonly coldMinutes: number;
  /** Writes Go sources that are not in the checkout. */
  readonly generate?: readonly string[];
  /** Files of the module `from` that are joined with `---` and put beside the binary as `name`. */
  readonly shippedFiles?: {
    readonly from: string;
    readonly name: string;
    readonly paths: readonly string[];
  };
}

export type BinaryName = keyof typeof targetTable;

export function targetOf(name: BinaryName): Target {
  return targetTable[name];
}

const targetTable = {
  etcd: etcd("server", 1.5),
  etcdctl: etcd("etcdctl", 1),
  etcdutl: etcd("etcdutl", 1),
  // The first of these compiles most of what the others share.
  "kube-apiserver": kubernetes("kube-apiserver", 8),
  "kube-controller-manager": kubernetes("kube-controller-manager", 2),
  "kube-scheduler": kubernetes("kube-scheduler", 1),
  kubelet: kubernetes("kubelet", 1),
  "kube-proxy": kubernetes("kube-proxy", 1),
  kubectl: kubernetes("kubectl", 1),
  otelcol: {
    module: "otelcol",
    goPackage: ".",
    versionFlags: () => "",
    coldMinutes: 4,
    // main.go and components.go come from builder.yaml. The builder's own download and compile steps are skipped: it
    // would run `go mod tidy`, which asks for modules of tests that are not published.
    generate: [
      "run",
      "go.opentelemetry.io/collector/cmd/builder@v0.162.0",
      "--config",
      "builder.yaml",
      "--skip-get-modules",
      "--skip-compilation",
      "--skip-strict-versioning",
    ],
  },
  loki: {
    module: "loki",
    goPackage: "github.com/grafana/loki/v3/cmd/loki",
    versionFlags: () => "",
    coldMinutes: 10,
  },
  kwok: {
    module: "kwok",
    goPackage: "sigs.k8s.io/kwok/cmd/kwok",
    versionFlags: (goMod) => `-X sigs.k8s.io/kwok/pkg/consts.Version=${versionIn(goMod, "sigs.k8s.io/kwok")}`,
    coldMinutes: 4,
    // A kwok that was built from its module plays no stage by itself ("no stages found").
    shippedFiles: {
      from: "sigs.k8s.io/kwok",
      name: "kwok-stages.yaml",
      paths: [
        "kustomize/stage/node/fast/node-initialize.yaml",
        "kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
        "kustomize/stage/pod/fast/pod-ready.yaml",
        "kustomize/stage/pod/fast/pod-complete.yaml",
        "kustomize/stage/pod/fast/pod-delete.yaml",
      ],
    },
  },
  coredns: {
    module: "coredns",
    goPackage: "github.com/coredns/coredns",
    versionFlags: () => "",
    coldMinutes: 5,
  },
} satisfies Record<string, Target>;

function etcd(directory: string, coldMinutes: number): Target {
  return {
    module: "kubernetes",
    goPackage: `go.etcd.io/etcd/${directory}/v3`,
    versionFlags: () => "",
    coldMinutes,
  };
}

function kubernetes(command: string, coldMinutes: number): Target {
  return { module: "kubernetes", goPackage: `k8s.io/kubernetes/cmd/${command}`, versionFlags, coldMinutes };
}

/** Without these a Kubernetes binary calls itself `v0.0.0-master+$Format:%H$`, and clients refuse it. */
function versionFlags(goMod: string): string {
  const version = versionIn(goMod, "k8s.io/kubernetes");
  const minor = version.split(".")[1] ?? "0";
  const values = {
    gitVersion: version,
    gitMajor: "1",
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: "0".repeat(40),
    buildDate: "1970-01-01T00:00:00Z",
  };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(" ");
}

function versionIn(goMod: string, module: string): string {
  const line = goMod.split("\n").find((text) =>
    text
      .trim()
      .replace(/^require /, "")
      .startsWith(`${module} v`),
  );
  const version = line
    ?.trim()
    .replace(/^require /, "")
    .split(" ")[1];
  if (version === undefined) throw new Error(`go.mod does not require ${module}`);
  return version;
}
