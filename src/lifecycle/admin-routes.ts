import type { HealthReport } from "./health.ts";

export interface AdminParts {
  /** The text of `/metrics` for an Accept header. */
  readonly metrics: (
    accept: string | undefined,
  ) => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly health: { startup(): HealthReport; live(): HealthReport; ready(): HealthReport };
}

export interface AdminRequest {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  readonly accept: string | undefined;
}

export interface AdminResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const plainText = "text/plain; charset=utf-8";
const index = `tidings: from Kubernetes Events to OpenTelemetry log records

/metrics   numbers, for Prometheus (text or OpenMetrics)
/startupz  the configuration is checked and the API server was asked
/livez     the loops turn
/readyz    the cluster's Events can be read
           (each with ?verbose for its checks as JSON)
`;

/** What the admin server answers. Rejects only with what `metrics` rejects with. */
export async function adminResponse(parts: AdminParts, request: AdminRequest): Promise<AdminResponse> {
  const [path = "", query = ""] = request.target.split("?", 2);
  const answer = routes.get(path);
  if (answer === undefined) return text(404, "Not found. See / for what there is\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    const refusal = text(405, "Only GET and HEAD are served here\n");
    // Whatever body the request has is not read.
    return { ...refusal, headers: { ...refusal.headers, allow: "GET, HEAD", connection: "close" } };
  }
  return await answer(parts, request, new URLSearchParams(query));
}

type Route = (
  parts: AdminParts,
  request: AdminRequest,
  query: URLSearchParams,
) => AdminResponse | Promise<AdminResponse>;

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/", () => text(200, index)],
  ["/startupz", ({ health }, _request, query) => healthResponse(health.startup(), query)],
  ["/livez", ({ health }, _request, query) => healthResponse(health.live(), query)],
  ["/readyz", ({ health }, _request, query) => healthResponse(health.ready(), query)],
  [
    "/metrics",
    async ({ metrics }, { accept }) => {
      const { contentType, body } = await metrics(accept);
      return { status: 200, headers: { "content-type": contentType }, body };
    },
  ],
]);

/** Like Kubernetes' own: the status says all to the kubelet, the text is for people. */
function healthResponse(report: HealthReport, query: URLSearchParams): AdminResponse {
  const status = report.ok ? 200 : 503;
  if (query.has("verbose")) {
    const body = `${JSON.stringify(report, undefined, 2)}\n`;
    return { status, headers: { "content-type": "application/json; charset=utf-8" }, body };
  }
  if (report.ok) return text(status, "ok\n");
  const failing = report.checks.filter((check) => !check.ok);
  return text(
    status,
    failing.map(({ name, detail }) => `failed: ${name}${detail === "" ? "" : `: ${detail}`}\n`).join(""),
  );
}

function text(status: number, body: string): AdminResponse {
  return { status, headers: { "content-type": plainText }, body };
}
