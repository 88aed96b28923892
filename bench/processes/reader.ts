/**
 * Reading and parsing alone, the yardstick: tidings' own transport and decoder and nothing else.
 * `reader.ts DIRECTORY ORIGIN EVENTS`
 */
import { join } from "node:path";

import { watchPath } from "../../src/kubernetes/events-api.ts";
import { tlsFromFiles } from "../../src/net/tls-files.ts";
import { createTransport, transportDefaults } from "../../src/net/transport.ts";
import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { decodeWatchLine } from "../../src/source/decode.ts";
import { LineSplitter } from "../../src/source/lines.ts";
import { tellParent } from "../child.ts";
import { firstRevision } from "../event-ring.ts";

const [directory = ".", origin = "", events = "0"] = process.argv.slice(2);
const transport = createTransport(
  { ...transportDefaults, origin, tls: tlsFromFiles({ caFile: join(directory, "ca.crt") }, systemRuntime) },
  systemRuntime,
);
const path = watchPath({ resourceVersion: String(firstRevision), timeoutSeconds: 290 });
const stop = new AbortController();
const { body } = await transport.http({ method: "GET", path, headers: {} }, stop.signal);

const splitter = new LineSplitter();
let read = 0;
for await (const chunk of body) {
  for (const line of splitter.push(chunk)) {
    if (decodeWatchLine(line).kind === "event") read += 1;
  }
  if (read >= Number(events)) break;
}
tellParent("done", read);
