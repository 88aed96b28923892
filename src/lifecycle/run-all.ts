import type { Runtime } from "../shared/runtime.ts";

/** A part of the process that runs until it is told to stop. */
export interface Component {
  readonly name: string;
  /** Resolves once `signal` has aborted and everything is put away; rejects when it cannot go on. */
  run(signal: AbortSignal): Promise<void>;
  /** How long its stop is waited for, in ms; past that the others are stopped without it. Absent: for ever. */
  readonly stopWithinMs?: number;
}

export interface ComponentFault {
  readonly component: string;
  readonly error: unknown;
}

/** How a run ended. */
export type RunEnd =
  /** The signal aborted, and all components ended well. */
  | { readonly kind: "stopped" }
  /** A component came to its end by itself, which ended the run, and all ended well. */
  | { readonly kind: "finished"; readonly component: string }
  /** In the order in which they happened; the first one ended the run unless it was ending already. */
  | { readonly kind: "failed"; readonly faults: readonly [ComponentFault, ...ComponentFault[]] };

/**
 * Starts the components in the order given (the outlet first, so that whatever arrives has a place to go) and stops
 * them one by one in the opposite order (the inlet first, so that what is on its way leaves before the outlet closes).
 * The end of any component, good or bad, stops all. Never rejects. Resolves when all have ended or were given up.
 */
export async function runAll(
  components: readonly Component[],
  signal: AbortSignal,
  runtime: Pick<Runtime, "sleep">,
): Promise<RunEnd> {
  if (signal.aborted) return { kind: "stopped" };
  const faults: ComponentFault[] = [];
  const ended = Promise.withResolvers<string | undefined>();
  const onAbort = (): void => ended.resolve(undefined);
  signal.addEventListener("abort", onAbort);

  const running = components.map((component) => {
    const stop = new AbortController();
    const finished = runOne(component, stop.signal, faults).then(() => ended.resolve(component.name));
    return { component, stop, finished };
  });
  const first = await ended.promise;
  signal.removeEventListener("abort", onAbort);

  for (const { component, stop, finished } of running.toReversed()) {
    stop.abort();
    const inTime = await withinMs(finished, component.stopWithinMs, runtime);
    if (inTime) continue;
    const error = new Error(`${component.name} did not stop within ${component.stopWithinMs} ms`);
    faults.push({ component: component.name, error });
  }
  const [fault, ...others] = faults;
  if (fault !== undefined) return { kind: "failed", faults: [fault, ...others] };
  return first === undefined ? { kind: "stopped" } : { kind: "finished", component: first };
}

async function runOne(component: Component, signal: AbortSignal, faults: ComponentFault[]): Promise<void> {
  try {
    await component.run(signal);
  } catch (error) {
    faults.push({ component: component.name, error });
  }
}

/** False when time was over first. */
async function withinMs(
  finished: Promise<void>,
  limitMs: number | undefined,
  runtime: Pick<Runtime, "sleep">,
): Promise<boolean> {
  if (limitMs === undefined) {
    await finished;
    return true;
  }
  const timer = new AbortController();
  try {
    return await Promise.race([
      finished.then(() => true),
      runtime.sleep(limitMs, timer.signal).then(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
