import type { Frame } from "../model/frame.ts";
import type { RejectReason } from "../model/notice.ts";
import { assertNever } from "../shared/assert-never.ts";
import type { Answer } from "./send-until-answered.ts";

/** Takes each frame of a batch exactly once, unless the batch is aborted. */
export interface Settle {
  /** The backend has `frames`, but `rejected` of them (it does not say which). */
  delivered(frames: readonly Frame[], rejected: number, message: string): void;
  rejected(frames: readonly Frame[], reason: RejectReason, message: string): void;
}

/**
 * Brings a batch to its end. A part that the backend finds too large or faulty is halved, and halved again, until the
 * records at fault stand alone and are rejected, and all others are delivered; one bad record of 512 costs 18 requests.
 * The parts go one after the other, so that order is kept. Loki stores the good records of a request that it answers
 * with 400; those are sent a second time here, and it knows them by their equal bytes.
 */
export async function settleBatch(
  frames: readonly Frame[],
  ask: (frames: readonly Frame[]) => Promise<Answer>,
  settle: Settle,
): Promise<void> {
  const parts = [frames];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const answer = await ask(part);
    switch (answer.kind) {
      case "delivered":
        settle.delivered(part, answer.rejected, answer.message);
        break;
      case "divide":
        if (part.length === 1) settle.rejected(part, answer.reason, answer.detail);
        else parts.push(...halves(part));
        break;
      case "aborted":
        return;
      default:
        assertNever(answer);
    }
  }
}

/** The later half first: the parts are a stack. */
function halves(frames: readonly Frame[]): [readonly Frame[], readonly Frame[]] {
  const middle = Math.ceil(frames.length / 2);
  return [frames.slice(middle), frames.slice(0, middle)];
}
