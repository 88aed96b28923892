import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes `conf/NAME` with its `${VARIABLE}`s filled in to the folder, where a person can read what really runs.
 * Returns the path. Throws on a variable without a value.
 */
export async function renderConfig(
  name: string,
  folder: string,
  values: Readonly<Record<string, string | number>>,
): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "conf", name), "utf8");
  const rendered = text.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = values[variable];
    if (value === undefined) throw new Error(`conf/${name} uses \${${variable}}, which has no value`);
    return String(value);
  });
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, rendered);
  return path;
}
