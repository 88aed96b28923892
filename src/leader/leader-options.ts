import type { LeaseName } from "../kubernetes/lease-api.ts";

/**
 * Names and times as client-go's leader election has them, for the same reasons: `leaseDurationMs` > `renewDeadlineMs` >
 * `retryPeriodMs`, each by a good margin.
 * https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go (LeaderElectionConfig)
 */
export interface LeaderOptions {
  readonly lease: LeaseName;
  /** Of this process alone, not of its pod: a container that starts anew is another one. */
  readonly identity: string;
  /** How long the others wait for a holder that no longer renews. */
  readonly leaseDurationMs: number;
  /** How long after its last renewal a holder may still act. */
  readonly renewDeadlineMs: number;
  /** Between two renewals, and between two looks of a follower. */
  readonly retryPeriodMs: number;
}
