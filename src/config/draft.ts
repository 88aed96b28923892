import { pathText, type ConfigFile } from "./config-file.ts";
import type { Fault } from "./fault.ts";
import { settingName, type Settings } from "./settings.ts";
import { removeAt, setAt, valueAt, type Tree } from "./tree.ts";
import type { GivenValue } from "./value-source.ts";

/** What somebody wrote, merged, and where each setting comes from. */
export interface WrittenConfig {
  readonly tree: Tree;
  readonly settings: Settings;
  /** `config.yaml:3`, `TIDINGS_OTLP_ENDPOINT`, `--endpoint`; undefined for a default. */
  originOf(path: readonly string[]): string | undefined;
}

/** The configuration while it is put together. */
export class Draft implements WrittenConfig {
  readonly tree: Tree;
  readonly settings: Settings;
  readonly #file: ConfigFile | undefined;
  readonly #given = new Map<string, GivenValue>();

  constructor(file: ConfigFile | undefined, settings: Settings) {
    this.#file = file;
    this.tree = file?.tree ?? {};
    this.settings = settings;
  }

  /** Puts values above what is there. */
  override(values: readonly GivenValue[]): void {
    // `endpoint` and `logsEndpoint` are two ways to say the same: one given here makes the other's earlier word void.
    if (values.some(({ path }) => path.join(".") === "otlp.endpoint")) this.ignore(["otlp", "logsEndpoint"]);
    for (const given of values) this.#give(given);
  }

  /** Puts values below what is there. */
  complete(values: readonly GivenValue[]): void {
    const endpointIsSet = [
      ["otlp", "endpoint"],
      ["otlp", "logsEndpoint"],
    ].some((path) => valueAt(this.tree, path) !== undefined);
    for (const given of values) {
      if (endpointIsSet && /^otlp\.(?:e|logsE)ndpoint$/.test(given.path.join("."))) continue;
      if (valueAt(this.tree, given.path) === undefined) this.#give(given);
    }
  }

  /** Who gave the value at the path, where that was not the file. */
  givenBy(path: readonly PropertyKey[]): GivenValue | undefined {
    return this.#given.get(settingName(path, this.settings));
  }

  originOf(path: readonly string[]): string | undefined {
    const given = this.givenBy(path);
    if (given !== undefined) return given.from;
    const line = valueAt(this.tree, path) === undefined ? undefined : this.#file?.lineOf(path);
    return line === undefined ? undefined : `${this.#file?.name}:${line}`;
  }

  faultAt(path: readonly PropertyKey[], message: string, part: "key" | "value" = "value"): Fault {
    const given = this.givenBy(path);
    const text = pathText(path);
    if (given !== undefined) return { where: given.from, path: text, message };
    const place = this.#file?.placeOf(path, part);
    return place === undefined
      ? { where: "configuration", path: text, message }
      : { path: text, message, ...place };
  }

  /** Forgets a value that somebody gave, as if it had never been given. */
  ignore(path: readonly PropertyKey[]): void {
    this.#given.delete(this.takeOut(path));
  }

  /** Removes the setting or section that the path lies in, and names it. */
  takeOut(path: readonly PropertyKey[]): string {
    const name = settingName(path, this.settings);
    removeAt(this.tree, name.split("."));
    return name;
  }

  #give(given: GivenValue): void {
    this.#given.set(given.path.join("."), given);
    setAt(this.tree, given.path, given.value);
  }
}
