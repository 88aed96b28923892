/**
 * Which folder of `src` may import from which others: an allow-list. A folder that is not here may import nothing, so a
 * new one has no arrows until somebody gives it some, and `test/unit/tidy.test.ts` fails. ARCHITECTURE.md prints it.
 */
export interface FolderArrows {
  /** Folders it may import from, or "any". Its own is always allowed. */
  readonly imports: readonly string[] | "any";
  /** Folders it may only `import type` from. */
  readonly types?: readonly string[];
  /** Single files it may import from folders that are otherwise closed to it, as paths below `src`. */
  readonly files?: readonly string[];
}

/** By folder of `src`; `.` are the files in `src` itself, the process edge and the composition root. */
export const arrows: Readonly<Record<string, FolderArrows>> = {
  shared: { imports: [] },
  model: { imports: ["shared"] },
  net: { imports: ["shared"] },
  kubernetes: { imports: ["net", "model", "shared"] },
  source: { imports: ["kubernetes", "net", "model", "shared"] },
  leader: { imports: ["kubernetes", "net", "model", "shared"] },
  processor: { imports: ["model", "shared"] },
  otlp: { imports: ["model", "shared"] },
  delivery: { imports: ["otlp", "net", "model", "shared"] },
  telemetry: { imports: ["model", "shared"] },
  pipeline: { imports: ["model", "shared"], types: ["processor", "source", "otlp", "delivery"] },
  lifecycle: { imports: ["telemetry", "model", "shared"] },
  config: { imports: ["model", "shared"] },
  standin: { imports: ["otlp", "net", "model", "shared"], files: ["source/recording.ts"] },
  cli: { imports: "any" },
  ".": { imports: "any" },
};
