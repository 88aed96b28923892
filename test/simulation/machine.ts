import type { Runtime, Timeout } from "../../src/shared/runtime.ts";
import type { Simulator } from "./simulator.ts";

/** When the world begins, on every clock that nobody has set. */
export const startWallMs = Date.UTC(2026, 0, 1);

/** Timers are due with this much to spare: a float that lies a hair before its time would be armed for ever. */
const dueWithinMs = 1e-3;

/**
 * Where one process runs: its clocks, its timers, and the door that everything from outside has to pass. So a process can
 * be stopped at any point without a word of its own code knowing of it.
 *
 * - `stop`, as SIGSTOP does: nothing happens in it, while both clocks go on; what was due happens when it goes on.
 * - `suspend`, as a hypervisor does: the monotonic clock stands still as well, the wall clock does not.
 * - `crash`: nothing ever happens in it again.
 */
export class Machine {
  readonly runtime: Runtime;
  readonly #simulator: Simulator;
  readonly #startMs: number;
  #state: "running" | "stopped" | "suspended" | "crashed" = "running";
  #wallOffsetMs = 0;
  /** Of the monotonic clock, while the machine was suspended. */
  #lostMs = 0;
  #suspendedAtMs = 0;
  /** What is to happen when it goes on: its own timers, and what came from outside. */
  #due: { readonly isTimer: boolean; readonly happen: () => void }[] = [];
  /** Something happened in it since this was last set to false. */
  touched = false;

  constructor(simulator: Simulator, startMs = startWallMs) {
    this.#simulator = simulator;
    this.#startMs = startMs;
    this.runtime = this.#createRuntime();
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get hasCrashed(): boolean {
    return this.#state === "crashed";
  }

  /** Lets something happen in the process: at once, when it goes on, or never. */
  arrive(happen: () => void): void {
    this.#enter(false, happen);
  }

  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  suspend(): void {
    if (this.#state !== "running") return;
    this.#state = "suspended";
    this.#suspendedAtMs = this.#simulator.nowMs;
  }

  resume(): void {
    if (this.#state === "suspended") this.#lostMs += this.#simulator.nowMs - this.#suspendedAtMs;
    else if (this.#state !== "stopped") return;
    this.#state = "running";
    const due = this.#due;
    this.#due = [];
    // An event loop that goes on runs its timers and reads its sockets, and nobody says in which order.
    const timersFirst = this.#simulator.random() < 0.5;
    const first = due.filter(({ isTimer }) => isTimer === timersFirst);
    const second = due.filter(({ isTimer }) => isTimer !== timersFirst);
    for (const { isTimer, happen } of [...first, ...second]) {
      this.#simulator.schedule(0, () => this.#enter(isTimer, happen));
    }
  }

  crash(): void {
    this.#state = "crashed";
    this.#due = [];
  }

  /** Somebody, or NTP, sets the wall clock. */
  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  #enter(isTimer: boolean, happen: () => void): void {
    switch (this.#state) {
      case "running":
        this.touched = true;
        happen();
        return;
      case "stopped":
      case "suspended":
        this.#due.push({ isTimer, happen });
        return;
      case "crashed":
        return;
    }
  }

  #monotonicMs(): number {
    const nowMs = this.#state === "suspended" ? this.#suspendedAtMs : this.#simulator.nowMs;
    return nowMs - this.#lostMs;
  }

  #timer(delayMs: number, ring: () => void): () => void {
    const dueMs = this.#monotonicMs() + Math.max(0, delayMs);
    let cancelled = false;
    let cancel = nothing;
    const arm = (): void => {
      cancel = this.#simulator.schedule(dueMs - this.#monotonicMs(), () => {
        this.#enter(true, () => {
          if (cancelled) return;
          // It was armed before its clock stood still.
          if (this.#monotonicMs() < dueMs - dueWithinMs) arm();
          else ring();
        });
      });
    };
    arm();
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #createRuntime(): Runtime {
    return {
      wallMs: () => Math.floor(this.#startMs + this.#simulator.nowMs + this.#wallOffsetMs),
      monotonicMs: () => this.#monotonicMs(),
      random: this.#simulator.random,
      sleep: (delayMs, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          const end = (): void => {
            cancel();
            signal.removeEventListener("abort", end);
            resolve();
          };
          const cancel = this.#timer(delayMs, end);
          signal.addEventListener("abort", end);
        }),
      timeout: (delayMs, parent): Timeout => {
        const controller = new AbortController();
        let expired = false;
        const abort = (): void => controller.abort();
        const cancel = this.#timer(delayMs, () => {
          expired = true;
          abort();
        });
        if (parent?.aborted === true) abort();
        else parent?.addEventListener("abort", abort);
        return {
          signal: controller.signal,
          get expired() {
            return expired;
          },
          [Symbol.dispose]() {
            cancel();
            parent?.removeEventListener("abort", abort);
          },
        };
      },
    };
  }
}

const nothing = (): void => {};
