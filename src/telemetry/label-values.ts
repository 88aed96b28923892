import type { SendResult } from "../model/ledger.ts";
import type { DropReason, ListCause, Notice, RejectReason, WatchEnd } from "../model/notice.ts";

/** Grades of `tidings_severity`, by OpenTelemetry's SeverityNumber. */
export const severityNames = {
  0: "unspecified",
  5: "debug",
  9: "info",
  13: "warn",
  17: "error",
  21: "fatal",
} as const;

// Made from a record of each union, so that a new member without its series does not compile.
export const watchEnds: readonly string[] = Object.keys({
  timeout: 0,
  closed: 0,
  expired: 0,
  server_error: 0,
  refused: 0,
  network: 0,
  held_back: 0,
} satisfies Record<WatchEnd, 0>);
export const listCauses: readonly string[] = Object.keys({
  start: 0,
  gap: 0,
  takeover: 0,
  history_replaced: 0,
} satisfies Record<ListCause, 0>);
export const rejectReasons: readonly string[] = Object.keys({
  invalid: 0,
  too_large: 0,
  partial_success: 0,
  server_error: 0,
} satisfies Record<RejectReason, 0>);
export const dropReasons: readonly string[] = Object.keys({ stopped: 0 } satisfies Record<DropReason, 0>);
export const sendResults: readonly string[] = Object.keys({
  delivered: 0,
  retryable: 0,
  server_error: 0,
  held: 0,
  divide: 0,
  aborted: 0,
} satisfies Record<SendResult, 0>);
export const noticeKinds: readonly string[] = Object.keys({
  started: 0,
  stopping: 0,
  stopped: 0,
  list_started: 0,
  list_finished: 0,
  watch_started: 0,
  watch_ended: 0,
  api_server_failed: 0,
  permission_missing: 0,
  credentials_refused: 0,
  file_reloaded: 0,
  file_failed: 0,
  position_in_future: 0,
  history_rewritten: 0,
  leader_following: 0,
  leader_acquired: 0,
  leader_lost: 0,
  leader_released: 0,
  lease_failed: 0,
  lease_missing: 0,
  checkpoint_resumed: 0,
  checkpoint_refused: 0,
  warmed_up: 0,
  events_expired: 0,
  event_malformed: 0,
  backend_failed: 0,
  backend_recovered: 0,
  backend_warned: 0,
  records_rejected: 0,
  queue_full: 0,
  queue_drained: 0,
  series_limit_reached: 0,
  baselines_forgotten: 0,
} satisfies Record<Notice["kind"], 0>);
