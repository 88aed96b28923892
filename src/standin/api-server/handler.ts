/**
 * An API server as far as an exporter of Events sees one, as an `Http` function over a `RevisionLog`: no socket, so that
 * the simulator calls it directly and `face.ts` puts it on the network. It follows kube-apiserver 1.37 with the watch
 * cache off for Events (its default); the contract suite (test/contract) compares the two.
 */
import { gzipSync } from "node:zlib";

import { isResourceVersion } from "../../model/resource-version.ts";
import type { Http, HttpRequest, HttpResponse } from "../../net/http.ts";
import { NetworkError } from "../../net/network-error.ts";
import { assertNever } from "../../shared/assert-never.ts";
import type { Runtime } from "../../shared/runtime.ts";
import { dribbled, inChunks } from "../body.ts";
import type { ApiServerFault, Permission, Resource, Verb } from "./fault.ts";
import { forbiddenStatus } from "./forbidden.ts";
import { leaseResponse } from "./lease-response.ts";
import { LeaseStore, type StoredLease } from "./lease-store.ts";
import { listAnswer } from "./list-response.ts";
import { jsonHeaders, jsonResponse, plainResponse, statusResponse } from "./response.ts";
import type { RevisionLog } from "./revision-log.ts";
import { isTrue, routeOf } from "./route.ts";
import type { Route, RoutedRequest } from "./route.ts";
import { badRequest, errorFrame, invalidResourceVersion, statusOfCode, unauthorized } from "./status.ts";
import { WatchStream } from "./watch-stream.ts";

export interface ApiServerOptions {
  /** Bearer token to user name. Default: no authentication, everybody is `system:admin`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Uid of the namespace kube-system. */
  readonly clusterUid?: string;
  readonly gitVersion?: string;
  /** Watches without timeoutSeconds live so long, up to the double by chance. Default 30 minutes, as real. */
  readonly watchTimeoutMs?: number;
  /** Sends a bookmark each so often to watches that allow them, as with the watch cache on. Default: never. */
  readonly bookmarkEveryMs?: number;
  /** Size that pieces of a watch aim at. Default 64 KiB. */
  readonly chunkBytes?: number;
  /** What a watch may hold back for its reader over a compaction. Default 1 GiB. */
  readonly backlogBytesMax?: number;
}

/** One request as it was answered. `status` 0: it was refused below HTTP, or ended before an answer. */
export interface AnsweredRequest {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly path: string;
  readonly user: string;
  readonly status: number;
}

export interface ApiServer {
  readonly http: Http;
  /** To look at, and to write into past the API. */
  readonly leases: LeaseStore;
  /** Watches open now. */
  readonly openWatches: number;
  /** The latest 1,000 requests, oldest first. */
  readonly requests: readonly AnsweredRequest[];
  inject(fault: ApiServerFault): void;
  /** Takes back every `answer`, `hang` and `refuse` that has not served yet. */
  recover(): void;
}

interface Ambush {
  readonly fault: Extract<ApiServerFault, { readonly kind: "answer" | "hang" | "refuse" }>;
  left: number;
}

/** The real server compresses lists beyond this size, at level 1 (endpoints/handlers/responsewriters/writers.go). */
const gzipBytesMin = 128 * 1024;
const requestsMax = 1000;

export function createApiServer(
  log: RevisionLog,
  runtime: Runtime,
  options: ApiServerOptions = {},
): ApiServer {
  const watches = new Set<WatchStream>();
  const forbidden = new Set<Permission>();
  const requests: AnsweredRequest[] = [];
  const leases = new LeaseStore(log, () => runtime.wallMs());
  let annotations = 0;
  let ambushes: Ambush[] = [];
  let users = options.users;
  let silent = false;
  let dribble = { bytes: 0, delayMs: 0 };

  function inject(fault: ApiServerFault): void {
    switch (fault.kind) {
      case "end_watches":
        for (const stream of watches) stream.end({ kind: "clean" });
        return;
      case "break_watches":
        for (const stream of watches)
          stream.end({ kind: "broken", code: fault.code, midLine: fault.midLine });
        return;
      case "watch_error":
        for (const stream of watches) {
          stream.end({ kind: "frame", frame: errorFrame(statusOfCode(fault.code)) });
        }
        return;
      case "watch_line":
        for (const stream of watches) stream.insert(fault.line);
        return;
      case "bookmark":
        for (const stream of watches) stream.bookmark();
        return;
      case "silence":
        silent = true;
        return;
      case "speak":
        silent = false;
        for (const stream of watches) stream.wake();
        return;
      case "answer":
      case "hang":
      case "refuse":
        ambushes.push({ fault, left: fault.count });
        return;
      case "annotate_leases":
        annotations += 1;
        for (const lease of leases.all()) annotate(lease, String(annotations));
        return;
      case "delete_leases":
        for (const { metadata } of leases.all()) leases.delete(metadata.namespace, metadata.name);
        return;
      case "dribble":
        dribble = { bytes: fault.bytes, delayMs: fault.delayMs };
        return;
      case "forbid":
        forbidden.add(fault.permission);
        return;
      case "permit":
        forbidden.delete(fault.permission);
        return;
      case "tokens":
        users = fault.users;
        return;
      default:
        assertNever(fault);
    }
  }

  function annotate({ metadata, spec, ...rest }: StoredLease, value: string): void {
    const withTheirs = { ...metadata.annotations, "example.com/seen": value };
    leases.put(metadata.namespace, metadata.name, {
      ...rest,
      metadata: { ...metadata, annotations: withTheirs },
      spec,
    });
  }

  const http: Http = async (request, signal) => {
    const routed = routeOf(request);
    const user = userOf(request);
    const { verb, resource } = routed;
    const seen = { verb, resource, path: request.path, user: user ?? "" };
    try {
      if (signal.aborted) throw new NetworkError("aborted", "The request was aborted");
      const ambush = nextAmbush(routed);
      if (ambush?.isDone === true && verb !== "watch") answer(request, routed, user, signal);
      const response =
        ambush === undefined ? answer(request, routed, user, signal) : await sprung(ambush, signal);
      remember({ ...seen, status: response.status });
      return dribble.bytes === 0
        ? response
        : { ...response, body: dribbled(response.body, dribble, runtime, signal) };
    } catch (error) {
      remember({ ...seen, status: 0 });
      throw error;
    }
  };

  function remember(request: AnsweredRequest): void {
    requests.push(request);
    if (requests.length > requestsMax) requests.shift();
  }

  function userOf(request: HttpRequest): string | undefined {
    if (users === undefined) return "system:admin";
    const token = /^bearer +(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
    return token === undefined || !Object.hasOwn(users, token) ? undefined : users[token];
  }

  /** The first fault that lies in wait for such a request. */
  function nextAmbush({ verb, resource }: RoutedRequest): Ambush["fault"] | undefined {
    const ambush = ambushes.find(
      ({ fault, left: requestsLeft }) =>
        requestsLeft > 0 &&
        (fault.verb === undefined || fault.verb === verb) &&
        (fault.resource === undefined || fault.resource === resource),
    );
    if (ambush === undefined) return undefined;
    ambush.left -= 1;
    if (ambush.left <= 0) ambushes = ambushes.filter((other) => other !== ambush);
    return ambush.fault;
  }

  async function sprung(fault: Ambush["fault"], signal: AbortSignal): Promise<HttpResponse> {
    switch (fault.kind) {
      case "answer":
        return statusResponse(statusOfCode(fault.status, fault.retryAfterSeconds), fault.retryAfterSeconds);
      case "hang":
        await runtime.sleep(fault.forMs, signal);
        if (signal.aborted) throw new NetworkError("aborted", "The request was aborted");
        return statusResponse(statusOfCode(504));
      case "refuse":
        throw new NetworkError(fault.code, `The stand-in failed the request (${fault.code})`);
      default:
        return assertNever(fault);
    }
  }

  function answer(
    request: HttpRequest,
    { route, query }: RoutedRequest,
    user: string | undefined,
    signal: AbortSignal,
  ): HttpResponse {
    if (user === undefined) return closing(statusResponse(unauthorized));
    // RBAC comes before the question whether there is such a thing.
    const permission = permissionOf(route);
    const verb = request.method === "GET" ? "get" : "write";
    const mayNot =
      permission === undefined ? users !== undefined && route.kind === "unknown" : forbidden.has(permission);
    if (mayNot) return statusResponse(forbiddenStatus(route, user, verb));
    if (route.kind === "unknown") return statusResponse(statusOfCode(404));
    if (route.kind !== "lease" && request.method !== "GET") return statusResponse(statusOfCode(405));
    switch (route.kind) {
      case "events":
        return route.verb === "watch"
          ? watch(route.namespace, query, signal)
          : list(route.namespace, query, request.headers["accept-encoding"] ?? "");
      case "namespace":
        return namespace(route.name);
      case "lease":
        return leaseResponse(leases, route, request.body);
      case "version":
        return jsonResponse(200, versionJson(options.gitVersion ?? "v1.37.2"));
      case "healthy":
        return plainResponse(200, { "content-type": "text/plain; charset=utf-8" }, [Buffer.from("ok")]);
      default:
        return assertNever(route);
    }
  }

  function list(inNamespace: string | undefined, query: URLSearchParams, encodings: string): HttpResponse {
    const result = listAnswer(log, inNamespace, query);
    if (result.kind === "refused") return statusResponse(result.status);
    const bytes = result.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes > gzipBytesMin && /\bgzip\b/.test(encodings)) {
      const compressed = gzipSync(Buffer.concat(result.pieces), { level: 1 });
      return plainResponse(200, { ...jsonHeaders, "content-encoding": "gzip", vary: "Accept-Encoding" }, [
        compressed,
      ]);
    }
    // Some hundred small pieces cost a reader more than one copy here.
    return plainResponse(
      200,
      jsonHeaders,
      inChunks(Buffer.concat(result.pieces), options.chunkBytes ?? 65_536),
    );
  }

  function watch(inNamespace: string | undefined, query: URLSearchParams, signal: AbortSignal): HttpResponse {
    const wanted = query.get("resourceVersion") ?? "";
    if (wanted !== "" && !isResourceVersion(wanted)) {
      // A list says 400 here; a watch does not.
      return statusResponse({ code: 500, message: invalidResourceVersion(wanted) });
    }
    if (query.has("fieldSelector") || query.has("labelSelector")) {
      return statusResponse(badRequest("the stand-in knows no selectors"));
    }
    const timeoutSeconds = Number(query.get("timeoutSeconds") ?? "0");
    const stream = new WatchStream(
      log,
      runtime,
      {
        namespace: inNamespace,
        after: wanted === "" || wanted === "0" ? undefined : Number(wanted),
        timeoutMs:
          timeoutSeconds > 0
            ? timeoutSeconds * 1000
            : (options.watchTimeoutMs ?? 1_800_000) * (1 + runtime.random()),
        bookmarks: isTrue(query.get("allowWatchBookmarks")),
        bookmarkEveryMs: options.bookmarkEveryMs,
        chunkBytes: options.chunkBytes ?? 65_536,
        backlogBytesMax: options.backlogBytesMax ?? 1024 ** 3,
      },
      () => silent,
      signal,
      (closed) => watches.delete(closed),
    );
    watches.add(stream);
    return { status: 200, headers: jsonHeaders, body: stream.body() };
  }

  function namespace(name: string): HttpResponse {
    if (name !== "kube-system") {
      return statusResponse({
        code: 404,
        reason: "NotFound",
        message: `namespaces "${name}" not found`,
        details: { name, kind: "namespaces" },
      });
    }
    const uid = options.clusterUid ?? "6f8c1a52-0c3e-4b6e-9d57-3f1d5e9a7b10";
    return jsonResponse(
      200,
      JSON.stringify({
        kind: "Namespace",
        apiVersion: "v1",
        metadata: { name, uid, resourceVersion: "5", labels: { "kubernetes.io/metadata.name": name } },
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      }),
    );
  }

  return {
    http,
    leases,
    get openWatches() {
      return watches.size;
    },
    requests,
    inject,
    recover() {
      ambushes = [];
    },
  };
}

function permissionOf(route: Route): Permission | undefined {
  if (route.kind === "lease") return `${route.verb} leases`;
  if (route.kind === "events") return route.verb === "watch" ? "watch events" : "list events";
  return route.kind === "namespace" ? "get namespaces" : undefined;
}

/**
 * A client that is not let in loses its connection, and on HTTP/2 everything else on it goes away with GOAWAY
 * (the gate UnauthenticatedHTTP2DOSMitigation, on since 1.29; seen on 1.37).
 */
function closing(response: HttpResponse): HttpResponse {
  return { ...response, headers: { ...response.headers, connection: "close" } };
}

function versionJson(gitVersion: string): string {
  const [major = "1", minor = "37"] = gitVersion.replace(/^v/, "").split(".");
  return JSON.stringify({ major, minor, gitVersion, platform: "linux/amd64" });
}
