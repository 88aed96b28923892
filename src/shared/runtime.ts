/**
 * The only source of time and chance (architecture invariant 8): production has one implementation
 * (`system-runtime.ts`), the simulator another. Everything that waits takes an `AbortSignal` and *resolves* on
 * abort; the caller looks at the signal.
 */
export interface Runtime {
  /** Wall clock in ms since the epoch. May jump: for timestamps only, never for durations. */
  wallMs(): number;
  /** Monotonic clock in ms from an arbitrary origin, with a fraction. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or as soon as `signal` aborts. Never rejects. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
  /** A signal that aborts after `delayMs` or together with `parent`. Dispose it, or its timer lives on. */
  timeout(delayMs: number, parent?: AbortSignal): Timeout;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface Timeout extends Disposable {
  readonly signal: AbortSignal;
  /** True when time, not the parent, ended it. */
  readonly expired: boolean;
}
