import type { ClusterAccess } from "../../../src/kubernetes/cluster-access.ts";
import type { Http, HttpRequest, HttpResponse } from "../../../src/net/http.ts";

/** An access whose token gets a new number with each refresh. */
export function numberedAccess(): ClusterAccess {
  let number = 1;
  return {
    origin: "https://api",
    proxyUrl: undefined,
    describes: "the test",
    tls: async () => ({}),
    authorization: async () => ({ authorization: `Bearer token-${number}` }),
    async refreshAuthorization() {
      number += 1;
    },
  };
}

export interface ScriptedHttp {
  readonly http: Http;
  readonly requests: readonly HttpRequest[];
}

/** Gives these answers, one after the other. */
export function scriptedHttp(...answers: readonly (HttpResponse | Error)[]): ScriptedHttp {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async http(request) {
      const next = answers[requests.push(request) - 1];
      if (next === undefined) throw new Error(`No answer for request ${requests.length}`);
      if (next instanceof Error) throw next;
      return next;
    },
  };
}

export function answer(
  status: number,
  body: string | AsyncIterable<Uint8Array> = "",
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, headers, body: typeof body === "string" ? pieces(body) : body };
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < text.length; start += 7) yield Buffer.from(text.slice(start, start + 7));
}
