import { z } from "zod";

import { choice, count, duration, filePath, size, text } from "./fields.ts";
import { leaderSchema } from "./leader-schema.ts";
import { listenAddressOf } from "./listen-address.ts";
import { otlpSchema } from "./otlp-schema.ts";
import { outputSchema, processorSchema } from "./processor-schema.ts";

/**
 * All that users may write, with defaults, bounds and meanings: the only description of the configuration. The loader,
 * the environment variables, the JSON Schema and docs/configuration.md derive from it.
 *
 * What users write as text with a unit becomes a number, and its new name says the unit: `timeout: 10s` is `timeoutMs`.
 */
export const configSchema = z
  .strictObject({
    cluster: z
      .strictObject({
        name: text({ meaning: "The cluster's name, as resource attribute `k8s.cluster.name`" }),
        eventTTL: duration({
          meaning:
            "How long the cluster keeps an Event (--event-ttl of its API server). By this is said what a long gap may have cost, and whether a count that a new leader does not know is new; above the true value some are counted twice",
          default: "1h",
          min: "1s",
          max: "720h",
        }),
      })
      .transform(({ eventTTL, ...rest }) => ({ ...rest, eventTtlMs: eventTTL }))
      .prefault({})
      .meta({ description: "The cluster that is watched" }),

    kubernetes: z
      .strictObject({
        kubeconfig: filePath({
          meaning:
            "Kubeconfig file. Without one: the ServiceAccount where tidings runs in a cluster, else kubectl's own default",
        }),
        context: text({ meaning: "Context of the kubeconfig; its current one where this is empty" }),
      })
      .prefault({})
      .meta({ description: "The way to the API server" }),

    leader: leaderSchema,

    source: z
      .strictObject({
        startFrom: choice(["stored", "now"], {
          meaning:
            "`stored`: first every Event that the cluster still holds, oldest first; `now`: only new ones",
          default: "stored",
        }),
        pageSize: count({ meaning: "Events in one page of a list", default: 500, min: 10, max: 10_000 }),
        heldBytesMax: size({
          meaning:
            "Memory to sort stored Events oldest first within a namespace; a namespace that needs more is read more than once",
          default: "32MiB",
          min: "1MiB",
          max: "16GiB",
        }),
      })
      .prefault({})
      .meta({ description: "Reading Events" }),

    processor: processorSchema,
    output: outputSchema,
    otlp: otlpSchema,

    http: z
      .strictObject({
        listen: z
          .string()
          .refine((value) => value === "off" || listenAddressOf(value) !== undefined, {
            error: "expected HOST:PORT such as 0.0.0.0:8080, :8080 for every interface, or `off`",
          })
          .transform((value) => (value === "off" ? undefined : listenAddressOf(value)))
          .prefault("0.0.0.0:8080")
          .meta({
            description: "Address of `/metrics`, `/livez`, `/readyz` and `/startupz`; `off` for none",
            kind: "HOST:PORT or `off`",
          }),
      })
      .prefault({})
      .meta({ description: "What tidings says of itself over HTTP" }),

    log: z
      .strictObject({
        level: choice(["debug", "info", "warn", "error"], {
          meaning: "Least level that is written",
          default: "info",
        }),
        format: choice(["auto", "json", "text"], {
          meaning: "`auto`: readable at a terminal, JSON otherwise",
          default: "auto",
        }),
      })
      .prefault({})
      .meta({ description: "The log, on standard error" }),

    stop: z
      .strictObject({
        gracePeriod: duration({
          meaning:
            "How long a stop may take to deliver what was read. Keep it below the pod's terminationGracePeriodSeconds (30 s by default)",
          default: "20s",
          min: "0s",
          max: "1h",
        }),
      })
      .transform(({ gracePeriod }) => ({ gracePeriodMs: gracePeriod }))
      .prefault({})
      .meta({ description: "The end" }),

    metrics: z
      .strictObject({
        seriesMax: count({
          meaning:
            "Series of `tidings_events_total`; what is beyond is counted in one series whose labels are `_other`",
          default: 2000,
          min: 10,
          max: 1_000_000,
        }),
        idleAfter: duration({
          meaning: "A series of `tidings_events_total` that has not changed for so long is forgotten",
          default: "1h",
          min: "1m",
          max: "168h",
        }),
      })
      .transform(({ idleAfter, ...rest }) => ({ ...rest, idleAfterMs: idleAfter }))
      .prefault({})
      .meta({ description: "Bounds of `/metrics`" }),
  })
  .meta({ title: "tidings configuration" });

/** The configuration as the program gets it: complete, checked, durations in ms and sizes in bytes. */
export type Config = z.output<typeof configSchema>;
