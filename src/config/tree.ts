import { isObject } from "../shared/is-object.ts";

/** A configuration as written: nested mappings by key. */
export type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return isObject(value);
}

/** The value at the path, or undefined where there is none. Reads own keys only. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Puts a value at the path. Where something else than a mapping stands in the way, that stays: it is a fault of its own. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const parent = parentAt(tree, path, true);
  const last = path.at(-1);
  if (parent !== undefined && last !== undefined) parent[last] = value;
}

/** Takes away what stands at the path. */
export function removeAt(tree: Tree, path: readonly string[]): void {
  const last = path.at(-1);
  if (last !== undefined) delete parentAt(tree, path, false)?.[last];
}

function parentAt(tree: Tree, path: readonly string[], create: boolean): Tree | undefined {
  let parent = tree;
  for (const key of path.slice(0, -1)) {
    if (create && !Object.hasOwn(parent, key)) parent[key] = {};
    const child = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (!isTree(child)) return undefined;
    parent = child;
  }
  return parent;
}
