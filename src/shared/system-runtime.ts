import type { Runtime, Timeout } from "./runtime.ts";

/** The machine's own clocks, timers and chance. */
export const systemRuntime: Runtime = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),

  sleep(delayMs, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      signal.addEventListener("abort", end);
    });
  },

  timeout(delayMs, parent): Timeout {
    const controller = new AbortController();
    let expired = false;
    const abort = (): void => controller.abort();
    const timer = setTimeout(() => {
      expired = true;
      abort();
    }, delayMs);
    // Not AbortSignal.any: a long-lived parent would keep every child it ever had in its list of dependants.
    if (parent?.aborted === true) abort();
    else parent?.addEventListener("abort", abort);
    return {
      signal: controller.signal,
      get expired() {
        return expired;
      },
      [Symbol.dispose]() {
        clearTimeout(timer);
        parent?.removeEventListener("abort", abort);
      },
    };
  },
};
