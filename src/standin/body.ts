/** Bodies for `HttpResponse`. */
import { NetworkError } from "../net/network-error.ts";
import type { Runtime } from "../shared/runtime.ts";

/** These pieces, one after the other. */
export async function* bodyOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Views of `bytes`, each of `chunkBytes` or less. */
export function* inChunks(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes);
  }
}

/** The body in small pieces with pauses between. */
export async function* dribbled(
  body: AsyncIterable<Uint8Array>,
  { bytes, delayMs }: { readonly bytes: number; readonly delayMs: number },
  runtime: Runtime,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let start = 0; start < piece.length; start += bytes) {
      yield piece.subarray(start, start + bytes);
      await runtime.sleep(delayMs, signal);
      if (signal.aborted) throw new NetworkError("aborted", "The request was aborted");
    }
  }
}
