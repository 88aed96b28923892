import type { LeaderLoss, ListCause, Notice, RejectReason, WatchEnd } from "../model/notice.ts";
import { assertNever } from "../shared/assert-never.ts";
import { formatBytes, formatDuration } from "./format-quantity.ts";

/** Least first. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Description {
  readonly level: LogLevel;
  /** For whoever is on call: what happened, to what, what tidings does now, what they can do. */
  readonly message: string;
}

/** The words of a notice. Exhaustive: a new notice without words does not compile. */
export function describe(notice: Notice): Description {
  switch (notice.kind) {
    case "started":
      return info(
        `tidings ${notice.version} exports the cluster's Events, which it reads as ${notice.cluster}, to ${notice.output}`,
      );
    case "stopping":
      return info(`Stopping (${notice.cause}): reading no more Events, delivering what is queued`);
    case "stopped":
      return describeStopped(notice.undelivered, notice.durationMs);
    case "list_started":
      return describeListStarted(notice.cause);
    case "list_finished":
      return describeListFinished(notice.cause, notice.events, formatDuration(notice.durationMs));
    case "watch_started":
      return describeWatchStarted(notice.resourceVersion, notice.renewed);
    case "watch_ended":
      return describeWatchEnded(notice.cause, notice.detail);
    case "api_server_failed":
      return warn(
        `The API server did not ${notice.operation}: ${notice.detail}. Trying again in ${formatDuration(notice.retryInMs)}`,
      );
    case "permission_missing":
      return error(
        `Not allowed to ${notice.verb} ${notice.resource}: ${notice.detail}. Bind a ClusterRole with the verb "${notice.verb}" on ${notice.resource} to the ServiceAccount of tidings. Trying again in ${formatDuration(notice.retryInMs)}`,
      );
    case "credentials_refused":
      return error(
        `The API server does not accept our credentials: ${notice.detail}. Check the mounted ServiceAccount token or the user of the kubeconfig; they are read anew for the next try in ${formatDuration(notice.retryInMs)}`,
      );
    case "file_reloaded":
      return info(`Read ${notice.path} again because it changed`);
    case "file_failed":
      return warn(`${notice.detail}. What was read last is used on`);
    case "position_in_future":
      return warn(
        `Position ${notice.position} is newer than the newest of the cluster, ${notice.current}: its etcd was restored from a backup or replaced. Listing everything that it stores`,
      );
    case "history_rewritten":
      return warn(
        `The cluster's history is not the one we had read up to ${notice.position}: ${notice.detail}. Its etcd was restored from a backup. Listing everything that it stores`,
      );
    case "leader_following":
      return info(`Waiting, ready to take over: ${notice.holder} leads (Lease ${notice.lease})`);
    case "leader_acquired":
      return info(
        `Leading as ${notice.identity} (Lease ${notice.lease}, holder number ${notice.transitions + 1})`,
      );
    case "leader_lost":
      return error(
        `${describeLoss(notice.cause, notice.lease)}: ${notice.detail}. Sending nothing more; ending, to start clean`,
      );
    case "leader_released":
      return info(
        `Released the Lease ${notice.lease} with the position that is acknowledged: another can take over at once`,
      );
    case "lease_failed":
      return warn(
        `The API server did not ${notice.operation}: ${notice.detail}. Trying again in ${formatDuration(notice.retryInMs)}`,
      );
    case "lease_missing":
      return error(
        `There is no Lease ${notice.lease}, and we may not create it: ${notice.detail}. Create it, with helm upgrade for instance; nothing is read until then`,
      );
    case "checkpoint_resumed":
      return info(
        `Going on from resourceVersion ${notice.position}, which the leader before had delivered up to ${formatDuration(notice.ageMs)} ago${notice.epoch === 0 ? "" : ` (epoch ${notice.epoch})`}`,
      );
    case "checkpoint_refused":
      return warn(
        `The checkpoint in the Lease is not to be gone by: ${notice.why}. Starting as source.startFrom says`,
      );
    case "warmed_up":
      return info(
        `Took in ${count(notice.events, "Event")} that the leader before knew, in ${formatDuration(notice.durationMs)}: counts go on as if nothing had happened`,
      );
    case "events_expired":
      return warn(
        `The gap lasted ${formatDuration(notice.lastedMs)}, and the cluster keeps Events for ${formatDuration(notice.eventTtlMs)} (cluster.eventTTL): what expired meanwhile is not to be had any more`,
      );
    case "event_malformed":
      return warn(
        `Passed over ${formatBytes(notice.bytes)} from the API server that are no Event: ${notice.fault}. It is counted as malformed, and the next one goes on`,
      );
    case "backend_failed":
      return warn(
        `The OTLP endpoint did not take a request (attempt ${notice.attempt}): ${notice.detail}. Its records stay queued; trying again in ${formatDuration(notice.retryInMs)}`,
      );
    case "backend_recovered":
      return info(`The OTLP endpoint takes records again after ${formatDuration(notice.failedForMs)}`);
    case "backend_warned":
      return warn(`The OTLP endpoint took a request and warns: ${notice.detail}`);
    case "records_rejected":
      return error(describeRejected(notice.reason, notice.count, notice.detail));
    case "queue_full":
      return warn(
        `The queue is full (${formatBytes(notice.bytes)}): reading from the API server waits until the OTLP endpoint takes records. Nothing is lost for as long as the cluster stores its Events (--event-ttl of the API server, one hour by default)`,
      );
    case "queue_drained":
      return info(
        `The queue has room again after ${formatDuration(notice.fullForMs)}; reading from the API server goes on`,
      );
    case "series_limit_reached":
      return warn(
        `The metric ${notice.metric} has ${notice.limit} series, its most: what is new is counted under "_other" until old series fall idle. The export is not touched`,
      );
    case "baselines_forgotten":
      return warn(
        `More than ${notice.limit} Events repeat at once: the counts of the longest silent are forgotten, and their next records carry tidings.occurrences.estimated`,
      );
    default:
      return assertNever(notice);
  }
}

function describeStopped(undelivered: number, durationMs: number): Description {
  const duration = formatDuration(durationMs);
  if (undelivered === 0) return info(`Stopped in ${duration}: everything that was read is delivered`);
  return warn(
    `Stopped in ${duration} with ${count(undelivered, "record")} undelivered; the next leader, or a start that begins with the stored Events, reads again what the cluster still has`,
  );
}

function describeLoss(cause: LeaderLoss, lease: string): string {
  switch (cause) {
    case "deadline":
      return `No longer the leader: the Lease ${lease} could not be renewed in time`;
    case "taken":
      return `No longer the leader: another holds the Lease ${lease}`;
    case "clock":
      return `No longer the leader for certain: this process stood still, or the clock was set (Lease ${lease})`;
    default:
      return assertNever(cause);
  }
}

function describeListFinished(cause: ListCause, events: number, duration: string): Description {
  const isGap = cause === "gap" || cause === "takeover";
  if (!isGap)
    return info(`Read ${count(events, "stored Event")} in ${duration}; the watch goes on from there`);
  // Of a quiet cluster every position is soon compacted away: no news.
  if (events === 0)
    return info(`Nothing newer than our position is stored, as a look at all of it told in ${duration}`);
  return warn(
    `Delivering ${count(events, "Event")} that no watch had brought, found in ${duration}; a record tidings.gap says from when to when, and what may be missing`,
  );
}

function describeListStarted(cause: ListCause): Description {
  switch (cause) {
    case "start":
      return info("Reading the Events that the cluster stores, oldest first");
    case "gap":
      return info("Comparing with the Events that the cluster stores, to find those after our position");
    case "takeover":
      return info(
        "Where the leader before was is no longer to be had from the API server (etcd compacts after minutes): comparing with the Events that the cluster stores",
      );
    case "history_replaced":
      return warn("The cluster's history was replaced: reading everything that it stores now");
    default:
      return assertNever(cause);
  }
}

function describeWatchStarted(resourceVersion: string, renewed: boolean): Description {
  const message = `Watching the cluster's Events from resourceVersion ${resourceVersion}`;
  return renewed ? debug(message) : info(message);
}

function describeWatchEnded(cause: WatchEnd, detail: string): Description {
  const because = detail === "" ? "" : ` (${detail})`;
  switch (cause) {
    case "timeout":
      return debug("The watch has reached its length and is renewed from its position");
    case "closed":
      return info(`The API server closed the watch${because}`);
    case "expired":
      return warn(
        `The watch's position is compacted away${because}: the API server keeps only some minutes of changes. Reading the stored Events to find those after it`,
      );
    case "server_error":
      return warn(`The API server ended the watch with an error${because}; resuming from its position`);
    case "refused":
      return warn(`The API server refused the watch${because}; trying again`);
    case "network":
      return warn(`The connection to the API server broke${because}; resuming the watch from its position`);
    case "held_back":
      return warn(
        "Closed the watch because the queue has no room for its Events: the OTLP endpoint is slow or down. It resumes from its position when there is room",
      );
    default:
      return assertNever(cause);
  }
}

function describeRejected(reason: RejectReason, records: number, serverWords: string): string {
  const lost = `${count(records, "record")} will not be stored there: they are counted as rejected and not sent again`;
  const words = serverWords === "" ? "" : `: ${serverWords}`;
  switch (reason) {
    case "invalid":
      return `The OTLP endpoint calls ${records === 1 ? "a record" : "records"} invalid${words}. ${lost}. Check its limits on age, labels and line size`;
    case "too_large":
      return `The OTLP endpoint finds ${records === 1 ? "a record" : "records"} too large even alone${words}. ${lost}. Raise its limit or lower processor.messageBytesMax`;
    case "partial_success":
      return `The OTLP endpoint took a request only in part${words}. ${lost}`;
    case "server_error":
      return `The OTLP endpoint fails for good${words}. ${lost}`;
    default:
      return assertNever(reason);
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function debug(message: string): Description {
  return { level: "debug", message };
}
function info(message: string): Description {
  return { level: "info", message };
}
function warn(message: string): Description {
  return { level: "warn", message };
}
function error(message: string): Description {
  return { level: "error", message };
}
