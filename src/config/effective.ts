import { Document, isMap, isScalar } from "yaml";

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
  for (const { path } of written.settings.leaves.values()) {
    const origin = written.originOf(path);
    if (origin !== undefined) comment(document, path, ` ${origin}`);
  }
  return document.toString({ lineWidth: 0 });
}

/** Beside a plain value, above a list or a mapping. */
function comment(document: Document, path: readonly string[], text: string): void {
  const mapping = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(mapping)) return;
  const pair = mapping.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  if (isScalar(pair?.value)) pair.value.comment = text;
  else if (isScalar(pair?.key)) pair.key.commentBefore = text;
}

function printable(value: unknown, secret: boolean): unknown {
  if (typeof value === "string") return secret ? secretMark : withoutUserinfo(value);
  if (Array.isArray(value)) return value.map((item) => printable(item, secret));
  if (!isTree(value)) return secret ? secretMark : value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, printable(child, secret)]));
}
