import { z } from "zod";

import { choice, duration, text } from "./fields.ts";

/** Who of several replicas acts, and where what is delivered is remembered. */
export const leaderSchema = z
  .strictObject({
    election: choice(["auto", "always", "never"], {
      meaning:
        "Lead only while holding a Lease, which also remembers what is delivered. `auto`: in a cluster always, with a kubeconfig never; `never`: each start begins as `source.startFrom` says",
      default: "auto",
    }),
    namespace: text({ meaning: "Namespace of the Lease; the pod's own where this is empty" }),
    name: text({ meaning: "Name of the Lease", default: "tidings" }),
    leaseDuration: duration({
      meaning: "How long a leader that is gone is waited for before another takes over",
      default: "15s",
      min: "1s",
      max: "2m",
    }),
    renewDeadline: duration({
      meaning: "A leader that could not renew for so long sends nothing more and ends; below `leaseDuration`",
      default: "10s",
      min: "500ms",
      max: "1m",
    }),
    retryPeriod: duration({
      meaning: "How often the Lease is renewed, or looked at by who waits; below a third of `renewDeadline`",
      default: "2s",
      min: "100ms",
      max: "20s",
    }),
  })
  .transform(({ leaseDuration, renewDeadline, retryPeriod, ...rest }) => ({
    ...rest,
    leaseDurationMs: leaseDuration,
    renewDeadlineMs: renewDeadline,
    retryPeriodMs: retryPeriod,
  }))
  .prefault({})
  .meta({ description: "One leader of several replicas" });
