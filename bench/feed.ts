import type { Http, HttpResponse } from "../src/net/http.ts";
import { NetworkError } from "../src/net/network-error.ts";
import { systemRuntime } from "../src/shared/system-runtime.ts";
import { createApiServer } from "../src/standin/api-server/handler.ts";
import { RevisionLog } from "../src/standin/api-server/revision-log.ts";
import { routeOf } from "../src/standin/api-server/route.ts";
import { firstRevision, type EventRing } from "./event-ring.ts";

export interface Feed {
  readonly http: Http;
  /** Lets watches read up to line `end`: as fast as they can. */
  release(end: number): void;
}

/** What the stand-in's watch aims at, too. */
const pieceBytes = 64 * 1024;

/**
 * The stand-in API server with nothing stored, but its watch of Events plays a ring: an API server whose log costs
 * neither memory nor CPU worth the name, because it shares its two cores with what is measured.
 */
export function createFeed(ring: EventRing, onWatch: () => void): Feed {
  const server = createApiServer(new RevisionLog({ firstRevision }), systemRuntime);
  const wakers = new Set<() => void>();
  let released = 0;

  async function* lines(after: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let next = after - firstRevision;
    onWatch();
    while (!signal.aborted) {
      if (next >= released) {
        await changed(signal);
        continue;
      }
      const piece = ring.piece(next, released, pieceBytes);
      next += piece.lines;
      yield piece.bytes;
    }
    throw new NetworkError("aborted", "The watch was aborted");
  }

  function changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        wakers.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      wakers.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  return {
    http: async (request, signal) => {
      const { route, verb, query } = routeOf(request);
      if (route.kind !== "events" || verb !== "watch") return server.http(request, signal);
      const response: HttpResponse = {
        status: 200,
        headers: { "content-type": "application/json" },
        body: lines(Number(query.get("resourceVersion")), signal),
      };
      return response;
    },
    release(end) {
      released = end;
      for (const wake of wakers) wake();
    },
  };
}
