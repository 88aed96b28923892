import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again until the answer is not undefined, and returns it. Throws after `withinMs`, with what
 * `explain` says; a check that throws counts as "not yet", and the last such error is the cause.
 */
export async function until<T>(
  check: () => Promise<T | undefined> | T | undefined,
  options: {
    readonly withinMs: number;
    readonly everyMs?: number;
    readonly explain: () => Promise<string> | string;
  },
): Promise<T> {
  const endMs = Date.now() + options.withinMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > endMs) {
      throw new Error(`Not within ${options.withinMs} ms: ${await options.explain()}`, { cause });
    }
    await sleep(options.everyMs ?? 50);
  }
}
