/**
 * The bytes of a stored Event: one watch line as the API server writes it, made once and sent as it is.
 *
 *     {"type":"ADDED","object":{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":…,"namespace":…,
 *     "uid":…,"resourceVersion":"…",…},…}}\n
 *
 * The order of the metadata is Go's (types.go of apimachinery), so that the first "resourceVersion" of a line is the
 * Event's own. Lines lie behind one another in slabs: a run of lines is then one view, and a million small buffers
 * never exist.
 */
export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** The least that an Event must have; every other field is stored as it is given. */
export type EventToStore =
  | { readonly metadata: MetadataToStore }
  // The same once more for object literals, of which TypeScript wants every field to be known.
  | {
      readonly metadata: MetadataToStore & { readonly [field: string]: unknown };
      readonly [field: string]: unknown;
    };

interface MetadataToStore {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  /** Never stored: the log gives it. */
  readonly resourceVersion?: string;
}

/** Where a line lies. */
export interface EventLine {
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
  /** The digits of the resourceVersion. */
  readonly versionStart: number;
  readonly versionEnd: number;
}

const headOf: Readonly<Record<ChangeType, Buffer>> = {
  ADDED: frameHead("ADDED"),
  MODIFIED: frameHead("MODIFIED"),
  DELETED: frameHead("DELETED"),
};

/** `}` of the frame and the line feed. */
const frameTailLength = 2;

export class LineStore {
  readonly #slabBytes: number;
  #slab: Buffer;
  #used = 0;

  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
    this.#slab = Buffer.alloc(0);
  }

  /** Writes the line of a new state of an Event. */
  write(type: "ADDED" | "MODIFIED", event: EventToStore, uid: string, revision: number): EventLine {
    const { name, namespace } = event.metadata;
    // JSON.stringify leaves out what is undefined.
    const meta = { ...event.metadata, name: undefined, namespace: undefined, uid: undefined };
    const fields = { ...event, kind: undefined, apiVersion: undefined, metadata: undefined };
    const before =
      `"metadata":{"name":${JSON.stringify(name)},"namespace":${JSON.stringify(namespace)},` +
      `"uid":${JSON.stringify(uid)},"resourceVersion":"`;
    const after = `"${continued({ ...meta, resourceVersion: undefined })}}${continued(fields)}}}\n`;

    const head = headOf[type];
    const version = String(revision);
    const beforeText = escapedAsGo(before);
    const afterText = escapedAsGo(after);
    const beforeBytes = Buffer.byteLength(beforeText);
    const bytes = head.length + beforeBytes + version.length + Buffer.byteLength(afterText);

    const start = this.#reserve(bytes);
    const slab = this.#slab;
    head.copy(slab, start);
    const versionStart = start + head.length + beforeBytes;
    const versionEnd = versionStart + version.length;
    slab.write(beforeText, start + head.length, "utf8");
    slab.write(version, versionStart, "latin1");
    slab.write(afterText, versionEnd, "utf8");
    return { slab, start, end: start + bytes, versionStart, versionEnd };
  }

  /** Writes the line of a deletion: the whole old object under the revision that deleted it. */
  writeDeleted(type: ChangeType, old: EventLine, revision: number): EventLine {
    const objectStart = old.start + headOf[type].length;
    const head = headOf.DELETED;
    const version = String(revision);
    const beforeBytes = old.versionStart - objectStart;
    const bytes = head.length + beforeBytes + version.length + (old.end - old.versionEnd);

    const start = this.#reserve(bytes);
    const slab = this.#slab;
    head.copy(slab, start);
    const versionStart = start + head.length + beforeBytes;
    const versionEnd = versionStart + version.length;
    old.slab.copy(slab, start + head.length, objectStart, old.versionStart);
    slab.write(version, versionStart, "latin1");
    old.slab.copy(slab, versionEnd, old.versionEnd, old.end);
    return { slab, start, end: start + bytes, versionStart, versionEnd };
  }

  #reserve(bytes: number): number {
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(bytes, this.#slabBytes));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return start;
  }
}

/** The object as it stands in a list: without kind and apiVersion and without its first brace. */
export function listItemBytes(type: ChangeType, line: EventLine): Buffer {
  return line.slab.subarray(line.start + headOf[type].length, line.end - frameTailLength);
}

/** The line as an ADDED frame, as a watch that starts with what is stored shows it. */
export function addedLineBytes(type: ChangeType, line: EventLine): readonly Buffer[] {
  if (type === "ADDED") return [line.slab.subarray(line.start, line.end)];
  return [headOf.ADDED, line.slab.subarray(line.start + headOf[type].length, line.end)];
}

function frameHead(type: ChangeType): Buffer {
  return Buffer.from(`{"type":"${type}","object":{"kind":"Event","apiVersion":"events.k8s.io/v1",`);
}

/** `,"a":1` for `{a: 1}` and nothing for an empty object. */
function continued(fields: object): string {
  const text = JSON.stringify(fields);
  return text === "{}" ? "" : `,${text.slice(1, -1)}`;
}

/** Go's encoder writes these five as escapes, because its JSON may stand in HTML. */
function escapedAsGo(json: string): string {
  if (!/[<>&\u2028\u2029]/.test(json)) return json;
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
