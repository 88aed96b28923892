import type { Route } from "./route.ts";
import type { Status } from "./status.ts";

/** The words of apiserver/pkg/endpoints/handlers/responsewriters/errors.go, which people search for. */
export function forbiddenStatus(route: Route, user: string, verb: string): Status {
  if (route.kind === "events") {
    const where =
      route.namespace === undefined ? "at the cluster scope" : `in the namespace "${route.namespace}"`;
    return {
      code: 403,
      reason: "Forbidden",
      message:
        `events.events.k8s.io is forbidden: User "${user}" cannot ${route.verb} resource "events" ` +
        `in API group "events.k8s.io" ${where}`,
      details: { group: "events.k8s.io", kind: "events" },
    };
  }
  if (route.kind === "lease") {
    const group = "coordination.k8s.io";
    const { name } = route;
    return {
      code: 403,
      reason: "Forbidden",
      message:
        `leases.${group} ${name === "" ? "" : `"${name}" `}is forbidden: User "${user}" cannot ${route.verb} ` +
        `resource "leases" in API group "${group}" in the namespace "${route.namespace}"`,
      details: { ...(name === "" ? {} : { name }), group, kind: "leases" },
    };
  }
  if (route.kind === "unknown") {
    return {
      code: 403,
      reason: "Forbidden",
      message: `forbidden: User "${user}" cannot ${verb} path "${route.path}"`,
      details: {},
    };
  }
  const name = route.kind === "namespace" ? route.name : "";
  return {
    code: 403,
    reason: "Forbidden",
    message:
      `namespaces "${name}" is forbidden: User "${user}" cannot get resource "namespaces" ` +
      `in API group "" in the namespace "${name}"`,
    details: { name, kind: "namespaces" },
  };
}
