/**
 * A wall clock time as Kubernetes' MicroTime: RFC 3339 in UTC with exactly six digits of a second, since the API server
 * refuses a body with any other number of them. The last three are zero: our clock counts milliseconds.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/micro_time.go (RFC3339Micro)
 */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("Z", "000Z");
}
