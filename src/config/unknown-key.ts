import { keysAt, type Settings } from "./settings.ts";
import { nearest } from "./suggestion.ts";
import { valueAt, type Tree } from "./tree.ts";

/** What to say of a key that no setting has: the one that was probably meant, here or elsewhere, or what there is. */
export function unknownKeyMessage(path: readonly PropertyKey[], settings: Settings, tree: Tree): string {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const siblings = keysAt(parent);
  // What is there already is hardly meant once more.
  const meant = nearest(
    key,
    siblings.filter((sibling) => valueAt(tree, [...parent, sibling]) === undefined),
  );
  if (meant !== undefined) return `unknown key; did you mean \`${meant}\`?`;
  const elsewhere = [...settings.sections.keys(), ...settings.leaves.keys()].find(
    (name) => name.split(".").at(-1)?.toLowerCase() === key.toLowerCase(),
  );
  if (elsewhere !== undefined) return `unknown key; did you mean \`${elsewhere}\`?`;
  return siblings.length === 0 ? "unknown key" : `unknown key; there are ${siblings.join(", ")}`;
}
