export interface SampleOptions {
  readonly server?: string;
  readonly context?: string;
  readonly current?: string;
  /** Lines of the cluster and of the user. */
  readonly cluster?: readonly string[];
  readonly user?: readonly string[];
}

/** Context `dev` of cluster `main` with user `me`. */
export function kubeconfig(options: SampleOptions): string {
  const { server = "https://127.0.0.1:6443", context = "dev", current = context } = options;
  return `apiVersion: v1
kind: Config
current-context: "${current}"
contexts:
- name: ${context}
  context:
    cluster: main
    user: me
clusters:
- name: main
  cluster:
    server: ${server}
${indented(options.cluster)}users:
- name: me
  user:
    unused: true
${indented(options.user)}`;
}

function indented(lines: readonly string[] = []): string {
  return lines.map((line) => `    ${line}\n`).join("");
}
