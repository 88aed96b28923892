import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Notice } from "../../../src/model/notice.ts";
import { describe } from "../../../src/telemetry/describe.ts";

const samples: { readonly [Kind in Notice["kind"]]: Extract<Notice, { kind: Kind }> } = {
  started: {
    kind: "started",
    version: "1.2.3",
    cluster: "context prod",
    output: "https://otlp.example:4318",
  },
  stopping: { kind: "stopping", cause: "SIGTERM" },
  stopped: { kind: "stopped", undelivered: 0, durationMs: 1234 },
  list_started: { kind: "list_started", cause: "start" },
  list_finished: { kind: "list_finished", cause: "start", events: 20_000, durationMs: 3200 },
  watch_started: { kind: "watch_started", resourceVersion: "4711", renewed: false },
  watch_ended: { kind: "watch_ended", cause: "network", detail: "reset by 10.0.0.1:443" },
  api_server_failed: {
    kind: "api_server_failed",
    operation: "list events",
    detail: "HTTP 503 ServiceUnavailable: etcd is down",
    retryInMs: 1600,
  },
  permission_missing: {
    kind: "permission_missing",
    verb: "watch",
    resource: "events.events.k8s.io",
    detail: 'User "system:serviceaccount:x:y" cannot watch resource "events"',
    retryInMs: 30_000,
  },
  credentials_refused: { kind: "credentials_refused", detail: "Unauthorized", retryInMs: 800 },
  file_reloaded: { kind: "file_reloaded", path: "/tls/ca.crt" },
  file_failed: { kind: "file_failed", detail: "Cannot read /tls/ca.crt: it does not exist" },
  position_in_future: { kind: "position_in_future", position: "900", current: "100" },
  history_rewritten: { kind: "history_rewritten", position: "900", detail: "default/e is not there at 899" },
  leader_following: { kind: "leader_following", lease: "tidings/tidings", holder: "pod-a_1" },
  leader_acquired: { kind: "leader_acquired", lease: "tidings/tidings", identity: "pod-b_2", transitions: 4 },
  leader_lost: {
    kind: "leader_lost",
    lease: "tidings/tidings",
    cause: "deadline",
    detail: "no renewal for 10 s",
  },
  leader_released: { kind: "leader_released", lease: "tidings/tidings" },
  lease_failed: {
    kind: "lease_failed",
    operation: "renew the Lease tidings/tidings",
    detail: "HTTP 503",
    retryInMs: 2000,
  },
  lease_missing: { kind: "lease_missing", lease: "tidings/tidings", detail: "leases is forbidden" },
  checkpoint_resumed: { kind: "checkpoint_resumed", position: "4711", epoch: 0, ageMs: 1900 },
  checkpoint_refused: { kind: "checkpoint_refused", why: "it is of another cluster (abc)" },
  warmed_up: { kind: "warmed_up", events: 3, durationMs: 20 },
  events_expired: { kind: "events_expired", lastedMs: 7_200_000, eventTtlMs: 3_600_000 },
  event_malformed: { kind: "event_malformed", fault: "not JSON", bytes: 2048, excerpt: '{"type":' },
  backend_failed: { kind: "backend_failed", detail: "HTTP 503", attempt: 4, retryInMs: 5000 },
  backend_recovered: { kind: "backend_recovered", failedForMs: 250_000 },
  backend_warned: { kind: "backend_warned", detail: "old field" },
  records_rejected: { kind: "records_rejected", reason: "invalid", count: 2, detail: "timestamp too old" },
  queue_full: { kind: "queue_full", bytes: 67_108_864 },
  queue_drained: { kind: "queue_drained", fullForMs: 90_000 },
  series_limit_reached: { kind: "series_limit_reached", metric: "tidings.events", limit: 2000 },
  baselines_forgotten: { kind: "baselines_forgotten", limit: 100_000 },
};

suite("describe", () => {
  const cases: readonly { readonly notice: Notice; readonly level: string; readonly message: string }[] = [
    {
      notice: samples.started,
      level: "info",
      message:
        "tidings 1.2.3 exports the cluster's Events, which it reads as context prod, to https://otlp.example:4318",
    },
    {
      notice: samples.stopped,
      level: "info",
      message: "Stopped in 1.2 s: everything that was read is delivered",
    },
    {
      notice: { kind: "stopped", undelivered: 1, durationMs: 20_000 },
      level: "warn",
      message:
        "Stopped in 20.0 s with 1 record undelivered; the next leader, or a start that begins with the stored Events, reads again what the cluster still has",
    },
    {
      notice: { kind: "list_finished", cause: "gap", events: 0, durationMs: 40 },
      level: "info",
      message: "Nothing newer than our position is stored, as a look at all of it told in 40 ms",
    },
    {
      notice: { kind: "list_finished", cause: "takeover", events: 12, durationMs: 40 },
      level: "warn",
      message:
        "Delivering 12 Events that no watch had brought, found in 40 ms; a record tidings.gap says from when to when, and what may be missing",
    },
    {
      notice: samples.permission_missing,
      level: "error",
      message:
        'Not allowed to watch events.events.k8s.io: User "system:serviceaccount:x:y" cannot watch resource "events". Bind a ClusterRole with the verb "watch" on events.events.k8s.io to the ServiceAccount of tidings. Trying again in 30.0 s',
    },
    {
      notice: samples.watch_ended,
      level: "warn",
      message:
        "The connection to the API server broke (reset by 10.0.0.1:443); resuming the watch from its position",
    },
    // The normal end, a dozen times an hour, is no news.
    {
      notice: { kind: "watch_ended", cause: "timeout", detail: "" },
      level: "debug",
      message: "The watch has reached its length and is renewed from its position",
    },
    {
      notice: samples.records_rejected,
      level: "error",
      message:
        "The OTLP endpoint calls records invalid: timestamp too old. 2 records will not be stored there: they are counted as rejected and not sent again. Check its limits on age, labels and line size",
    },
    {
      notice: samples.backend_failed,
      level: "warn",
      message:
        "The OTLP endpoint did not take a request (attempt 4): HTTP 503. Its records stay queued; trying again in 5.0 s",
    },
  ];
  for (const { notice, level, message } of cases) {
    test(`${notice.kind}: ${message.slice(0, 50)}…`, () => {
      assert.deepEqual(describe(notice), { level, message });
    });
  }

  test("every notice is a sentence without a full stop, with its numbers in it", () => {
    for (const notice of Object.values(samples)) {
      const { message } = describe(notice);
      assert.match(message, /^[A-Zt]/, notice.kind);
      assert.doesNotMatch(message, /\.$|undefined|\[object|NaN/, notice.kind);
    }
  });

  test("each cause and each reason has words of its own", () => {
    const ends = ["timeout", "closed", "expired", "server_error", "refused", "network", "held_back"] as const;
    const reasons = ["invalid", "too_large", "partial_success", "server_error"] as const;
    const causes = ["start", "gap", "takeover", "history_replaced"] as const;
    const losses = ["deadline", "taken", "clock"] as const;
    const messages = [
      ...ends.map((cause) => describe({ kind: "watch_ended", cause, detail: "" }).message),
      ...reasons.map((reason) => describe({ ...samples.records_rejected, reason }).message),
      ...causes.map((cause) => describe({ kind: "list_started", cause }).message),
      ...losses.map((cause) => describe({ ...samples.leader_lost, cause }).message),
    ];
    assert.equal(new Set(messages).size, messages.length);
  });

  test("words that may hold an Event's message are never at info", () => {
    for (const notice of [samples.event_malformed, samples.records_rejected, samples.backend_warned]) {
      assert.match(describe(notice).level, /^(?:warn|error)$/, notice.kind);
    }
    assert.ok(!describe(samples.event_malformed).message.includes(samples.event_malformed.excerpt));
  });
});
