import type { Http } from "../net/http.ts";
import { NetworkError } from "../net/network-error.ts";

/**
 * Starts no request unless `mayAct` says so at that very moment, after everything that a request waits for before: a
 * process that stood still finds out here that another leads by now.
 */
export function fencedHttp(http: Http, mayAct: () => boolean): Http {
  return (request, signal) =>
    mayAct()
      ? http(request, signal)
      : Promise.reject(new NetworkError("aborted", "Nothing is sent: this process does not lead"));
}
