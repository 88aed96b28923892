/**
 * The Events of a cluster, through `events.k8s.io/v1`: one of two views of the same stored objects, so the other is
 * never asked as well.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { ApiAnswer, ApiClient } from "./api-client.ts";

export interface EventListOptions {
  /** Default: of all namespaces. */
  readonly namespace?: string;
  /** Only the Event of this name. */
  readonly name?: string;
  /** The state at exactly this resourceVersion, on the first page; a token has its own. Default: the newest. */
  readonly exactResourceVersion?: string;
  /** Objects a page. */
  readonly limit: number;
  /** Of the page before; "" or nothing for the first. */
  readonly continueToken?: string;
}

export interface EventWatchOptions {
  /** Exclusive: the first frame is the one after it. */
  readonly resourceVersion: string;
  /** When the API server is to end the watch. */
  readonly timeoutSeconds: number;
}

export interface EventsApi {
  /** One page: the bytes of an EventList. */
  list(options: EventListOptions, signal: AbortSignal): Promise<ApiAnswer<Uint8Array>>;
  /** A stream of frames, one a line. */
  watch(options: EventWatchOptions, signal: AbortSignal): Promise<ApiAnswer<AsyncIterable<Uint8Array>>>;
}

/**
 * For one page. Half of the minute that the API server itself waits for an etcd that is away.
 */
const listTimeoutMs = 30_000;

export function createEventsApi(client: ApiClient): EventsApi {
  return {
    list: (options, signal) => client.get(listPath(options), { timeoutMs: listTimeoutMs }, signal),
    watch: (options, signal) => client.open(watchPath(options), signal),
  };
}

export function listPath(options: EventListOptions): string {
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (options.name !== undefined) query.set("fieldSelector", `metadata.name=${options.name}`);
  if (options.continueToken !== undefined && options.continueToken !== "") {
    query.set("continue", options.continueToken);
  } else if (options.exactResourceVersion !== undefined) {
    query.set("resourceVersion", options.exactResourceVersion);
    query.set("resourceVersionMatch", "Exact");
  }
  return `${collectionPath(options.namespace)}?${query.toString()}`;
}

export function watchPath(options: EventWatchOptions): string {
  const query = new URLSearchParams({
    watch: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
    allowWatchBookmarks: "true",
  });
  return `${collectionPath()}?${query.toString()}`;
}

function collectionPath(namespace?: string): string {
  return namespace === undefined
    ? "/apis/events.k8s.io/v1/events"
    : `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}
