import type { Runtime } from "../shared/runtime.ts";
import type { RecordedFrame } from "../source/recording.ts";
import type { RevisionLog } from "./api-server/revision-log.ts";
import { movedEvent } from "./moved-event.ts";

export interface PlayOptions {
  /** 2 plays twice as fast as it happened; Infinity plays at once. Default 1. */
  readonly speed?: number;
}

export interface Played {
  readonly frames: number;
  /** The seconds by which every time was moved. */
  readonly movedBySeconds: number;
}

/**
 * Plays a recording into a revision log at the pace it was recorded. All times are moved by one constant, so that the
 * last frame's Event happens when it is played, and none in the future, however fast it goes. resourceVersions are the
 * log's own; Events that were deleted together are deleted together again.
 *
 * Reads `frames` twice: once for the length. Resolves at the end, or early when `signal` aborts.
 */
export async function playRecording(
  frames: AsyncIterable<RecordedFrame>,
  log: RevisionLog,
  runtime: Runtime,
  signal: AbortSignal,
  options: PlayOptions = {},
): Promise<Played> {
  const speed = options.speed ?? 1;
  const { firstMs, lastMs } = await spanOf(frames);
  const playMs = (lastMs - firstMs) / speed;
  const movedBySeconds = Math.floor((runtime.wallMs() + playMs - lastMs) / 1000);
  const startMs = runtime.monotonicMs();

  let played = 0;
  /** Deletions of one revision, until a frame of another comes. */
  let deletions: RecordedFrame[] = [];
  const deleteTogether = (): void => {
    log.deleteMany(deletions.map(({ object }) => movedEvent(object, movedBySeconds).metadata));
    deletions = [];
  };
  for await (const frame of frames) {
    if (signal.aborted) break;
    const last = deletions.at(-1);
    const together =
      frame.type === "DELETED" &&
      last?.object.metadata.resourceVersion === frame.object.metadata.resourceVersion;
    if (last !== undefined && !together) deleteTogether();

    const delayMs = startMs + (frame.atMs - firstMs) / speed - runtime.monotonicMs();
    if (delayMs > 0) await runtime.sleep(delayMs, signal);
    if (signal.aborted) break;
    if (frame.type === "DELETED") deletions.push(frame);
    else log.put(movedEvent(frame.object, movedBySeconds));
    played += 1;
  }
  if (deletions.length > 0) deleteTogether();
  return { frames: played, movedBySeconds };
}

async function spanOf(
  frames: AsyncIterable<RecordedFrame>,
): Promise<{ readonly firstMs: number; readonly lastMs: number }> {
  let firstMs: number | undefined;
  let lastMs = 0;
  for await (const { atMs } of frames) {
    firstMs ??= atMs;
    lastMs = atMs;
  }
  return { firstMs: firstMs ?? lastMs, lastMs };
}
