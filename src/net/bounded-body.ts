export interface BoundedBody {
  readonly bytes: Uint8Array;
  /** False when it is longer than the bound: then `bytes` holds its beginning. */
  readonly isWhole: boolean;
}

/** Reads a body into memory, up to `bytesMax`, and leaves it there. Rejects as the body does. */
export async function boundedBody(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<BoundedBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isWhole = true;
  for await (const chunk of body) {
    const room = bytesMax - length;
    if (chunk.length > room) {
      chunks.push(chunk.subarray(0, room));
      isWhole = false;
      break;
    }
    chunks.push(chunk);
    length += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), isWhole };
}
