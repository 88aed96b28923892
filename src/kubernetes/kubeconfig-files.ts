import { delimiter, join } from "node:path";

/**
 * The files to read: those of the setting (a path, or several as in `KUBECONFIG`), else `~/.kube/config`.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#file-reference
 */
export function kubeconfigFiles(setting: string | undefined, homeDirectory: string): readonly string[] {
  const files = (setting ?? "").split(delimiter).filter((file) => file !== "");
  return files.length > 0 ? files : [join(homeDirectory, ".kube", "config")];
}
