import type { Http } from "../../src/net/http.ts";
import { NetworkError } from "../../src/net/network-error.ts";
import type { Runtime } from "../../src/shared/runtime.ts";
import type { Simulator } from "./simulator.ts";

export interface NetworkConditions {
  /** Each request, answer and piece of a body takes up to this long. */
  readonly latencyMsMax: number;
  /** Pieces of a body are cut again at random places, so that no reader can rely on their borders. */
  readonly cutsPieces: boolean;
}

/** Faults of the way between two parts; switched on and off while a simulation runs. */
export interface NetworkState {
  /** New requests find nobody. */
  down: boolean;
  /** This many of the next answers are lost on the way back, after the peer did what was asked. */
  answersToLose: number;
}

/** Puts a handler behind a virtual network: every request, answer and byte passes the simulator's queue. */
export function virtualNetwork(
  name: string,
  handler: Http,
  simulator: Simulator,
  runtime: Runtime,
  conditions: NetworkConditions,
  state: NetworkState,
): Http {
  const travel = (signal: AbortSignal): Promise<void> =>
    runtime.sleep(simulator.random() * conditions.latencyMsMax, signal);
  const aborted = (): NetworkError => new NetworkError("aborted", `${name}: the request was aborted`);

  return async (request, signal) => {
    simulator.trace(`${name} ${request.method} ${request.path}`);
    await travel(signal);
    if (signal.aborted) throw aborted();
    if (state.down) throw new NetworkError("refused", `${name}: nobody listens`);
    const response = await handler(request, signal);
    await travel(signal);
    if (signal.aborted) throw aborted();
    if (state.answersToLose > 0) {
      state.answersToLose -= 1;
      simulator.trace(`${name} answer lost (${response.status})`);
      throw new NetworkError("reset", `${name}: connection reset before the answer`);
    }
    simulator.trace(`${name} ${response.status}`);
    return { ...response, body: carry(response.body, signal) };
  };

  async function* carry(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      for (const part of conditions.cutsPieces ? cut(piece) : [piece]) {
        await travel(signal);
        if (signal.aborted) throw aborted();
        yield part;
      }
    }
  }

  function cut(piece: Uint8Array): readonly Uint8Array[] {
    const parts: Uint8Array[] = [];
    let from = 0;
    while (from < piece.length) {
      const length = 1 + Math.floor(simulator.random() * 8192);
      parts.push(piece.subarray(from, from + length));
      from += length;
    }
    return parts;
  }
}
