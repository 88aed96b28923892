import type { Http } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";

export interface TestHandler {
  readonly http: Http;
  /** Bytes taken from `/endless`. */
  readonly given: number;
  /** Requests whose peer has left. */
  readonly left: readonly string[];
}

/**
 * `/open`: a first piece, then nothing. `/endless`: as much as is taken. `/silent`: no head. `/cut`: a first piece, then
 * the connection or stream breaks. All others say what they were asked.
 */
export function createHandler(): TestHandler {
  let given = 0;
  const left: string[] = [];
  return {
    get given() {
      return given;
    },
    left,
    async http({ method, path, body }, signal) {
      signal.addEventListener("abort", () => left.push(path));
      if (path === "/silent") {
        await ended(signal);
        throw new NetworkError("silent", "Not a word");
      }
      return { status: 200, headers: {}, body: pieces() };

      async function* pieces(): AsyncGenerator<Uint8Array> {
        switch (path) {
          case "/open":
            yield Buffer.from("first\n");
            await ended(signal);
            break;
          case "/cut":
            yield Buffer.from("first\n");
            throw new NetworkError("reset", "Cut in the middle");
          case "/endless":
            for (;;) {
              given += 65_536;
              yield Buffer.alloc(65_536);
            }
          default:
            yield Buffer.from(`${method} ${path} ${body?.length ?? 0}`);
        }
      }
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
}
