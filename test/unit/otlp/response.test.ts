import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  decodeLogsResponse,
  decodeStatus,
  encodeLogsResponse,
  encodeStatus,
} from "../../../src/otlp/response.ts";
import { encodeOfficially, officialProtos } from "./official-protos.ts";

const rejected = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const words = fc.string({ unit: "binary" });

test("a response is written as the official library writes it, and read back", () => {
  const { response } = officialProtos();
  fc.assert(
    fc.property(rejected, words, (rejectedLogRecords, errorMessage) => {
      const bytes = encodeLogsResponse({ rejectedLogRecords, errorMessage });
      assert.deepEqual(decodeLogsResponse(bytes), {
        kind: "decoded",
        value: { rejectedLogRecords, errorMessage },
      });
      if (rejectedLogRecords === 0n && errorMessage === "") return;
      const partialSuccess = {
        ...(rejectedLogRecords !== 0n && { rejectedLogRecords: rejectedLogRecords.toString() }),
        ...(errorMessage !== "" && { errorMessage }),
      };
      assert.deepEqual(bytes, Uint8Array.from(encodeOfficially(response, { partialSuccess })));
    }),
  );
});

test("a status is read back, and its details are passed over", () => {
  const bytes = encodeStatus({ code: 3, message: "zu alt: äöü" });
  const withDetails = Buffer.concat([bytes, Uint8Array.of(0x1a, 2, 1, 2)]);
  assert.deepEqual(decodeStatus(withDetails), {
    kind: "decoded",
    value: { code: 3, message: "zu alt: äöü" },
  });
});

test("no bytes are a full success and an empty status", () => {
  assert.deepEqual(encodeLogsResponse({ rejectedLogRecords: 0n, errorMessage: "" }), new Uint8Array());
  assert.deepEqual(decodeStatus(new Uint8Array()), { kind: "decoded", value: { code: 0, message: "" } });
});

test("other bytes are malformed", () => {
  assert.deepEqual(decodeLogsResponse(Uint8Array.of(0x0a, 9, 1)), {
    kind: "malformed",
    fault: "Message longer than its surroundings at byte 1",
  });
  assert.equal(decodeStatus(Buffer.from("queue is full")).kind, "malformed");
});
