import type { Frame } from "../model/frame.ts";
import type { SendOutcome } from "../otlp/outcome.ts";
import { assertNever } from "../shared/assert-never.ts";
import type { BackoffPolicy } from "../shared/backoff.ts";
import type { Runtime } from "../shared/runtime.ts";
import type { Gate } from "./gate.ts";
import type { Send } from "./send.ts";

/** An outcome that is no reason to send the same again. */
export type Answer = Extract<SendOutcome, { kind: "delivered" | "divide" | "aborted" }>;

/** The back-off's bounds hold for a server's Retry-After as well: one of 0 s must not spin, one of a year not park the queue. */
export interface RetryOptions extends BackoffPolicy {
  /** Between two looks at an endpoint that takes nothing until a person changes something (401, 404, 260 …). */
  readonly heldDelayMs: number;
  /** How long a batch is sent again that is answered by 500 and its like, before it is divided to find the record at fault. */
  readonly serverErrorMsMax: number;
}

/** A batch on its way, with all its parts: it passes the gate as one. */
export interface Journey {
  /** Monotonic ms of the first server error of those that last; undefined where the last outcome was another. */
  serverErrorSinceMs: number | undefined;
}

/** Sends frames again until the backend has given an answer, or `signal` aborts: for ever, if it must be. */
export async function sendUntilAnswered(
  frames: readonly Frame[],
  journey: Journey,
  parts: {
    readonly send: Send;
    readonly gate: Gate;
    readonly runtime: Runtime;
    readonly retry: RetryOptions;
  },
  signal: AbortSignal,
): Promise<Answer> {
  const { send, gate, runtime, retry } = parts;
  for (;;) {
    await gate.passed(journey, signal);
    if (signal.aborted) return { kind: "aborted" };
    const outcome = await send(frames, signal);
    switch (outcome.kind) {
      case "delivered":
      case "divide":
        gate.answered(journey);
        return outcome;
      case "aborted":
        return outcome;
      case "server_error": {
        const nowMs = runtime.monotonicMs();
        journey.serverErrorSinceMs ??= nowMs;
        // Its time is over, for all its parts: they are divided further at once, down to the record that the server
        // fails on, and only while it fails.
        if (nowMs - journey.serverErrorSinceMs >= retry.serverErrorMsMax) {
          return { kind: "divide", reason: "server_error", detail: outcome.detail };
        }
        await gate.failed(journey, outcome.detail, askedDelayMs(outcome.retryAfterMs), signal);
        break;
      }
      case "retryable":
        journey.serverErrorSinceMs = undefined;
        await gate.failed(journey, outcome.detail, askedDelayMs(outcome.retryAfterMs), signal);
        break;
      case "held":
        journey.serverErrorSinceMs = undefined;
        await gate.failed(journey, outcome.detail, jittered(retry.heldDelayMs), signal);
        break;
      default:
        return assertNever(outcome);
    }
  }

  function askedDelayMs(retryAfterMs: number | undefined): number | undefined {
    if (retryAfterMs === undefined) return undefined;
    return jittered(Math.min(Math.max(retryAfterMs, retry.delayMsInitial), retry.delayMsMax));
  }

  /** Up to a tenth more: many clients that were told the same do not come back in the same moment. */
  function jittered(delayMs: number): number {
    return delayMs * (1 + runtime.random() / 10);
  }
}
