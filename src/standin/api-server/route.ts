import type { HttpRequest } from "../../net/http.ts";
import type { Resource, Verb } from "./fault.ts";

/** What a request asks for. */
export type Route =
  | { readonly kind: "events"; readonly verb: "list" | "watch"; readonly namespace: string | undefined }
  | { readonly kind: "namespace"; readonly name: string }
  /** `name` is "" for `create`: it is in the body. */
  | {
      readonly kind: "lease";
      readonly verb: "get" | "create" | "update";
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: "version" }
  | { readonly kind: "healthy" }
  | { readonly kind: "unknown"; readonly path: string };

export interface RoutedRequest {
  readonly route: Route;
  readonly verb: Verb;
  readonly resource: Resource;
  readonly query: URLSearchParams;
}

const eventsPath = /^\/apis\/events\.k8s\.io\/v1\/(?:namespaces\/([^/]+)\/)?events$/;
const leasePath = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/;
const namespacePath = /^\/api\/v1\/namespaces\/([^/]+)$/;

export function routeOf(request: HttpRequest): RoutedRequest {
  const [path = "", search = ""] = request.path.split("?", 2);
  const query = new URLSearchParams(search);
  const events = eventsPath.exec(path);
  if (events !== null) {
    const verb = isTrue(query.get("watch")) ? "watch" : "list";
    return { route: { kind: "events", verb, namespace: events[1] }, verb, resource: "events", query };
  }
  const [, namespace, lease = ""] = leasePath.exec(path) ?? [];
  const leaseVerb = leaseVerbOf(request.method, lease !== "");
  if (namespace !== undefined && leaseVerb !== undefined) {
    return {
      route: { kind: "lease", verb: leaseVerb, namespace, name: decodeURIComponent(lease) },
      verb: leaseVerb,
      resource: "leases",
      query,
    };
  }
  const other = { verb: "get", resource: "other", query } as const;
  const name = namespacePath.exec(path)?.[1];
  if (name !== undefined) return { ...other, route: { kind: "namespace", name }, resource: "namespaces" };
  if (path === "/version") return { ...other, route: { kind: "version" } };
  if (path === "/readyz" || path === "/livez" || path === "/healthz") {
    return { ...other, route: { kind: "healthy" } };
  }
  return { ...other, route: { kind: "unknown", path } };
}

/** Lists, watches, patches and deletions of Leases are not needed, and unknown here. */
function leaseVerbOf(
  method: HttpRequest["method"],
  isNamed: boolean,
): "get" | "create" | "update" | undefined {
  if (!isNamed) return method === "POST" ? "create" : undefined;
  if (method === "PUT") return "update";
  return method === "GET" ? "get" : undefined;
}

/** A boolean of the query: `watch`, `watch=`, `watch=1` and `watch=true` are all true (runtime.Convert_Slice_string_To_bool). */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}
