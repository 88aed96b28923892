/**
 * GET, POST and PUT of one Lease, as apiserver/pkg/registry/generic/registry/store.go answers for it: with a check of the
 * resourceVersion, which a PUT has to have, and of the uid, which it may have.
 */
import type { HttpResponse } from "../../net/http.ts";
import { isObject } from "../../shared/is-object.ts";
import type { LeaseStore, LeaseToStore, StoredLease } from "./lease-store.ts";
import { jsonResponse, statusResponse } from "./response.ts";
import type { Route } from "./route.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./status.ts";

type LeaseRoute = Extract<Route, { readonly kind: "lease" }>;

const group = "coordination.k8s.io";
const type = { kind: "Lease", apiVersion: `${group}/v1` } as const;

/** What a body says of itself, once it is a Lease. */
interface WrittenLease {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly lease: LeaseToStore;
}

export function leaseResponse(
  leases: LeaseStore,
  route: LeaseRoute,
  body: Uint8Array | undefined,
): HttpResponse {
  const { namespace, name } = route;
  const stored = leases.get(namespace, name);
  if (route.verb === "get") {
    return stored === undefined ? statusResponse(notFound(name)) : found(200, stored);
  }
  const written = leaseOf(body);
  if ("code" in written) return statusResponse(written);
  return route.verb === "create"
    ? create(leases, namespace, written)
    : update(leases, namespace, name, stored, written);
}

function create(leases: LeaseStore, namespace: string, written: WrittenLease): HttpResponse {
  const { name } = written;
  if (name === "")
    return statusResponse(invalid("", "metadata.name", "Required value: name or generateName is required"));
  if (written.resourceVersion !== "") {
    return statusResponse({
      code: 500,
      message: "resourceVersion should not be set on objects to be created",
    });
  }
  if (leases.get(namespace, name) !== undefined) {
    return statusResponse({
      code: 409,
      reason: "AlreadyExists",
      message: `leases.${group} "${name}" already exists`,
      details: { name, group, kind: "leases" },
    });
  }
  return found(201, leases.put(namespace, name, written.lease));
}

function update(
  leases: LeaseStore,
  namespace: string,
  name: string,
  stored: StoredLease | undefined,
  written: WrittenLease,
): HttpResponse {
  const uid = stored?.metadata.uid ?? "";
  if (written.uid !== "" && written.uid !== uid) {
    return conflict(
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/leases/${namespace}/${name}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: ${written.uid}, UID in object meta: ${uid}`,
    );
  }
  // A PUT may create a Lease.
  if (stored === undefined) return found(201, leases.put(namespace, name, written.lease));
  if (written.resourceVersion === "") {
    const why = "Invalid value: 0: must be specified for an update";
    return statusResponse(invalid(name, "metadata.resourceVersion", why));
  }
  if (written.resourceVersion !== stored.metadata.resourceVersion) {
    return conflict(
      name,
      "the object has been modified; please apply your changes to the latest version and try again",
    );
  }
  return found(200, leases.put(namespace, name, written.lease));
}

function found(status: number, lease: StoredLease): HttpResponse {
  return jsonResponse(status, JSON.stringify({ ...type, ...lease }));
}

function notFound(name: string): Status {
  return {
    code: 404,
    reason: "NotFound",
    message: `leases.${group} "${name}" not found`,
    details: { name, group, kind: "leases" },
  };
}

function conflict(name: string, why: string): HttpResponse {
  return statusResponse({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on leases.${group} "${name}": ${why}`,
    details: { name, group, kind: "leases" },
  });
}

function invalid(name: string, field: string, why: string): Status {
  return {
    code: 422,
    reason: "Invalid",
    message: `Lease.${group} "${name}" is invalid: ${field}: ${why}`,
    details: { name, group, kind: "Lease" },
  };
}

/** The Lease that a body holds, or why it holds none. */
function leaseOf(body: Uint8Array | undefined): WrittenLease | Status {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body ?? []).toString());
  } catch {
    return badRequest("couldn't get version/kind; json parse error");
  }
  if (!isObject(value) || value["kind"] !== type.kind || value["apiVersion"] !== type.apiVersion) {
    return badRequest("no kind is registered for the type");
  }
  const { metadata = {}, spec = {}, kind: _, apiVersion: __, ...rest } = value;
  if (!isObject(metadata) || !isObject(spec))
    return badRequest("json: cannot unmarshal into Go struct field");
  for (const field of ["acquireTime", "renewTime"]) {
    const time = spec[field];
    if (time !== undefined && (typeof time !== "string" || !microTime.test(time))) {
      return badRequest(
        `Lease in version "v1" cannot be handled as a Lease: parsing time ${JSON.stringify(time)} as ` +
          '"2006-01-02T15:04:05.000000Z07:00"',
      );
    }
  }
  const { name, uid, resourceVersion } = metadata;
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec;
  if (seconds !== undefined && !(Number.isInteger(seconds) && Number(seconds) > 0)) {
    return invalid(
      textOf(name),
      "spec.leaseDurationSeconds",
      `Invalid value: ${JSON.stringify(seconds)}: must be greater than 0`,
    );
  }
  if (transitions !== undefined && !(Number.isInteger(transitions) && Number(transitions) >= 0)) {
    const why = `Invalid value: ${JSON.stringify(transitions)}: must be greater than or equal to 0`;
    return invalid(textOf(name), "spec.leaseTransitions", why);
  }
  return {
    name: textOf(name),
    uid: textOf(uid),
    resourceVersion: textOf(resourceVersion),
    lease: { ...rest, metadata, spec },
  };
}

/** Six digits of a second, or none at all is refused (apimachinery, micro_time.go). */
const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
