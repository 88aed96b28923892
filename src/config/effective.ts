import { Document, isCollection, isNode, isScalar } from "yaml";

import type { WrittenConfig } from "./draft.ts";
import { secretMark, withoutUserinfo } from "./secret.ts";
import { isTree, setAt, valueAt, type Tree } from "./tree.ts";

/**
 * The whole configuration as it is in force, as a YAML file that could be given again; what was set says by whom in a
 * comment. Secrets are replaced by `[secret]`.
 */
export function effectiveYaml(written: WrittenConfig): string {
  const tree: Tree = {};
  for (const setting of written.settings.leaves.values()) {
    const value = valueAt(written.tree, setting.path) ?? setting.defaultValue;
    setAt(tree, setting.path, printable(value, setting.secret));
  }
  const document = new Document(tree, { aliasDuplicateObjects: false });
  for (const setting of written.settings.leaves.values()) {
    const origin = written.originOf(setting.path);
    const node = document.getIn(setting.path, true);
    if (origin === undefined || !isNode(node)) continue;
    if (isScalar(node)) node.comment = ` ${origin}`;
    else if (isCollection(node) && node.items.length === 0) node.comment = ` ${origin}`;
    else node.commentBefore = ` ${origin}`;
  }
  return document.toString({ lineWidth: 0 });
}

function printable(value: unknown, secret: boolean): unknown {
  if (typeof value === "string") return secret ? secretMark : withoutUserinfo(value);
  if (Array.isArray(value)) return value.map((item) => printable(item, secret));
  if (!isTree(value)) return secret ? secretMark : value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, printable(child, secret)]));
}
