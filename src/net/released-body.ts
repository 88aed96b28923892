/** The same body; `release` is called when it has ended, failed or been left. */
export function releasedBody(
  body: AsyncIterable<Uint8Array>,
  release: () => void,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]();
      return {
        async next(): Promise<IteratorResult<Uint8Array>> {
          try {
            const result = await chunks.next();
            if (result.done === true) release();
            return result;
          } catch (error) {
            release();
            throw error;
          }
        },
        async return(): Promise<IteratorResult<Uint8Array>> {
          release();
          await chunks.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
