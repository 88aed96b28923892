import type { Readable } from "node:stream";

import type { NetworkError } from "./network-error.ts";

export interface BodyEnds {
  /** Makes a stream's error into ours. */
  readonly faultOf: (error: unknown) => NetworkError;
  /** Asked when the stream is over: what is missing of it, where a clean end is not what happened. */
  readonly missing: () => NetworkError | undefined;
  /** The reader leaves before the end. */
  readonly cancel: () => void;
}

/**
 * A readable stream as a body that pulls. Written out, because an async generator would not cancel the stream when it is
 * left before the first read, and because Node.js ends its iterator without an error when an HTTP/2 stream is cut.
 */
export function responseBody(stream: Readable, ends: BodyEnds): AsyncIterable<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array>> {
        let result: IteratorResult<Uint8Array>;
        try {
          result = await chunks.next();
        } catch (error) {
          throw ends.faultOf(error);
        }
        if (result.done === true) {
          const missing = ends.missing();
          if (missing !== undefined) throw missing;
        }
        return result;
      },
      async return(): Promise<IteratorResult<Uint8Array>> {
        ends.cancel();
        return { done: true, value: undefined };
      },
    }),
  };
}
