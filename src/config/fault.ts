/** One thing that is wrong with the configuration, found before anything starts. Holds no secret. */
export interface Fault {
  /** Who says so: `FILE:LINE:COLUMN`, the environment variable or the flag. */
  readonly where: string;
  /** The setting, as `otlp.batch.recordsMax`; "" where the fault is not about one. */
  readonly path: string;
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** Lines that show the place in the file. */
  readonly excerpt?: string;
  /** Offset in the file, so that faults of a file come in its order; absent for what is no place in it. */
  readonly offset?: number;
}

/** As a person reads it: one line, then the place in the file. No line feed at the end. */
export function formatFault(fault: Fault): string {
  const path = fault.path === "" ? "" : `${fault.path}: `;
  const line = `${fault.where}: ${path}${fault.message}`;
  return fault.excerpt === undefined ? line : `${line}\n${fault.excerpt}`;
}

/** The file's faults in its order, then all others in the order they were found. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => (a.offset ?? Infinity) - (b.offset ?? Infinity) || 0);
}
