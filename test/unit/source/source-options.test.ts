import assert from "node:assert/strict";
import { test } from "node:test";

import { eventSourceDefaults } from "../../../src/source/source-options.ts";

test("By default a watch ends before etcd forgets its position, and a silent one is asked about long before that", () => {
  const { watchSecondsMin, watchSecondsMax, silentMsMax, unreadMsMax } = eventSourceDefaults;
  const compactionSeconds = 300;
  assert.ok(watchSecondsMin < watchSecondsMax && watchSecondsMax < compactionSeconds);
  assert.ok(silentMsMax * 2 < watchSecondsMin * 1000);
  assert.ok(unreadMsMax < silentMsMax);
});
