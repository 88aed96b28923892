import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { assembleRequest, recordOverheadBytes, resourceOverheadBytes } from "../../../src/otlp/assemble.ts";
import { createEncoder } from "../../../src/otlp/encode.ts";
import { plainRecord } from "./generated-records.ts";
import { decodeOfficially, officialProtos } from "./official-protos.ts";

const protos = officialProtos();

test("a request holds each frame once, grouped by its Resource, in the order of arrival", () => {
  const encoder = createEncoder({ serviceName: "kubernetes-events", clusterName: "", clusterUid: "c5a1" });
  const sentRecord = fc.record({
    namespace: fc.constantFrom("", "a", "b"),
    body: fc.string({ maxLength: 200 }),
  });
  fc.assert(
    fc.property(fc.array(sentRecord, { maxLength: 40 }), (sent) => {
      const frames = sent.map((fields, input) => encoder.event({ ...plainRecord, ...fields }, input));
      const request = assembleRequest(frames);

      const expected = new Map<string, unknown>();
      for (const resource of new Set(frames.map((frame) => frame.resource))) {
        expected.set(resource.key, {
          resource: decodeOfficially(protos.resource, resource.resource),
          scopeLogs: [
            {
              scope: { name: "tidings", version: "1" },
              logRecords: frames
                .filter((frame) => frame.resource === resource)
                .map((frame) => decodeOfficially(protos.logRecord, frame.logRecord)),
            },
          ],
        });
      }
      const decoded = decodeOfficially(protos.request, request);
      assert.deepEqual(decoded["resourceLogs"] ?? [], [...expected.values()]);

      // What a batch is filled by is never less than what it becomes.
      const resources = new Set(frames.map((frame) => frame.resource));
      let bound = 0;
      for (const frame of frames) bound += frame.logRecord.length + recordOverheadBytes;
      for (const resource of resources) {
        bound += resource.resource.length + resource.scope.length + resourceOverheadBytes;
      }
      assert.ok(request.length <= bound);
    }),
  );
});
