import { z } from "zod";

import { headerValuePattern } from "../shared/header-value.ts";
import { choice, count, duration, filePath, flag, size, text } from "./fields.ts";
import { targetOf, urlFault } from "./target.ts";

// A token of RFC 9110: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "not the name of an HTTP header" });

// The value is a secret and not shown.
const headerValue = z
  .string({ error: "expected a text; put the value in quotes" })
  .regex(headerValuePattern, {
    error: "a header's value has no line breaks and no characters beyond Latin-1",
  });

const reserved = new Set([
  "content-type",
  "content-encoding",
  "content-length",
  "host",
  "connection",
  "transfer-encoding",
]);
const isOurs = (headers: object): boolean =>
  Object.keys(headers).some((name) => reserved.has(name.toLowerCase()));
const oursError = `${[...reserved].join(", ")} are set by tidings itself`;

const url = (error: (text: string) => string | undefined) =>
  z.string().refine((value) => error(value) === undefined, { error: ({ input }) => error(String(input)) });

const tls = z
  .strictObject({
    ca: filePath({
      meaning: "Certificates to trust instead of the system's (PEM), re-read when the file changes",
    }),
    cert: filePath({ meaning: "Client certificate (PEM), re-read when the file changes" }),
    key: filePath({ meaning: "Key of the client certificate (PEM)" }),
    serverName: text({ meaning: "Name to expect in the server's certificate, where it is not the URL's" }),
    insecureSkipVerify: flag({
      meaning: "Trust any certificate. Whoever stands in between can then read and change everything",
      default: false,
    }),
  })
  .prefault({})
  .meta({ description: "For https:// endpoints" });

const batch = z
  .strictObject({
    recordsMax: count({ meaning: "Records in one request", default: 1000, min: 1, max: 100_000 }),
    bytesMax: size({
      meaning: "Bytes of one request before compression",
      default: "1MiB",
      min: "4KiB",
      max: "64MiB",
    }),
    delay: duration({
      meaning: "How long a batch that is not full waits for more",
      default: "200ms",
      min: "0s",
      max: "1m",
    }),
  })
  .transform(({ delay, ...rest }) => ({ ...rest, delayMs: delay }))
  .prefault({})
  .meta({ description: "How records are put together to requests" });

const retry = z
  .strictObject({
    delayInitial: duration({
      meaning: "Wait before the second try; it doubles with each further one, with jitter",
      default: "500ms",
      min: "10ms",
      max: "10m",
    }),
    delayMax: duration({
      meaning: "Longest wait between two tries, also where the server asks for a longer one",
      default: "30s",
      min: "10ms",
      max: "1h",
    }),
  })
  .transform(({ delayInitial, delayMax }) => ({ delayMsInitial: delayInitial, delayMsMax: delayMax }))
  .prefault({})
  .meta({
    description: "What happens when the endpoint fails. Records are retried until it takes or refuses them",
  });

export const otlpSchema = z
  .strictObject({
    endpoint: url(urlFault)
      .prefault("http://localhost:4318")
      .meta({ description: "Base URL of the OTLP/HTTP endpoint; `/v1/logs` is appended", kind: "URL" }),
    logsEndpoint: url((value) => (value === "" ? undefined : urlFault(value)))
      .prefault("")
      .meta({ description: "Whole URL for logs, used as it is, instead of `endpoint`", kind: "URL" }),
    headers: z
      .record(headerName, headerValue)
      .refine((headers) => !isOurs(headers), { error: oursError })
      .prefault({})
      .meta({
        description: "Headers of each request. Secrets are better kept in `headerFiles`",
        kind: "mapping of name to text",
        secret: true,
      }),
    headerFiles: z
      .record(headerName, z.string().min(1, { error: "expected the path of a file" }))
      .refine((headers) => !isOurs(headers), { error: oursError })
      .prefault({})
      .meta({
        description:
          "Headers whose value is read from a file, and re-read when the file changes; they win over `headers`",
        kind: "mapping of name to file",
      }),
    serviceName: text({ meaning: "Resource attribute `service.name`", default: "kubernetes-events" }),
    compression: choice(["gzip", "none"], { meaning: "Compression of requests", default: "gzip" }),
    timeout: duration({
      meaning: "How long one request may take until its answer is complete",
      default: "10s",
      min: "100ms",
      max: "10m",
    }),
    dialect: choice(["otlp", "loki"], {
      meaning:
        "`loki` sends one stream a request, for Loki's own OTLP endpoint: it answers 204 while it loses records of mixed requests",
      default: "otlp",
    }),
    tls,
    batch,
    requestsInFlightMax: count({
      meaning: "Requests that wait for their answer at the same time",
      default: 4,
      min: 1,
      max: 64,
    }),
    queue: z
      .strictObject({
        bytesMax: size({
          meaning:
            "Memory for records that are not delivered yet. When it is full, reading from the API server waits; nothing is thrown away",
          default: "32MiB",
          min: "64KiB",
          max: "16GiB",
        }),
      })
      .prefault({})
      .meta({ description: "What waits for the endpoint" }),
    retry,
  })
  .transform(({ endpoint, logsEndpoint, headers, timeout, ...rest }) => ({
    ...rest,
    ...targetOf(endpoint, logsEndpoint, headers),
    timeoutMs: timeout,
  }))
  .prefault({})
  .meta({ description: "The OTLP endpoint, for `output: otlp`" });
