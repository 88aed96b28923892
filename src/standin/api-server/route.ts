import type { HttpRequest } from "../../net/http.ts";
import type { Verb } from "./fault.ts";

/** What a request asks for. */
export type Route =
  | { readonly kind: "events"; readonly verb: "list" | "watch"; readonly namespace: string | undefined }
  | { readonly kind: "namespace"; readonly name: string }
  | { readonly kind: "version" }
  | { readonly kind: "healthy" }
  | { readonly kind: "unknown"; readonly path: string };

export interface RoutedRequest {
  readonly route: Route;
  readonly verb: Verb;
  readonly query: URLSearchParams;
}

const eventsPath = /^\/apis\/events\.k8s\.io\/v1\/(?:namespaces\/([^/]+)\/)?events$/;
const namespacePath = /^\/api\/v1\/namespaces\/([^/]+)$/;

export function routeOf(request: HttpRequest): RoutedRequest {
  const [path = "", search = ""] = request.path.split("?", 2);
  const query = new URLSearchParams(search);
  const events = eventsPath.exec(path);
  if (events !== null) {
    const verb = isTrue(query.get("watch")) ? "watch" : "list";
    return { route: { kind: "events", verb, namespace: events[1] }, verb, query };
  }
  const name = namespacePath.exec(path)?.[1];
  if (name !== undefined) return { route: { kind: "namespace", name }, verb: "get", query };
  if (path === "/version") return { route: { kind: "version" }, verb: "get", query };
  if (path === "/readyz" || path === "/livez" || path === "/healthz") {
    return { route: { kind: "healthy" }, verb: "get", query };
  }
  return { route: { kind: "unknown", path }, verb: "get", query };
}

/** A boolean of the query: `watch`, `watch=`, `watch=1` and `watch=true` are all true (runtime.Convert_Slice_string_To_bool). */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}
