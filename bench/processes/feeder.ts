/**
 * The API server of a bench: `feeder.ts DIRECTORY ring|stored COUNT`. Writes `ca.crt` and `token` into the directory,
 * then says its port, and "watching" for each watch that is opened.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { createApiServer } from "../../src/standin/api-server/handler.ts";
import { RevisionLog } from "../../src/standin/api-server/revision-log.ts";
import { createAuthority } from "../../src/standin/certificate.ts";
import { serveHttp } from "../../src/standin/face.ts";
import { onParentMessage, tellParent } from "../child.ts";
import { corpusEvents } from "../corpus.ts";
import { EventRing, firstRevision } from "../event-ring.ts";
import { createFeed, type Feed } from "../feed.ts";

const [directory = ".", mode, count = "0"] = process.argv.slice(2);
let watches = 0;

const feed = mode === "stored" ? await storedFeed(Number(count)) : await ringFeed(Number(count));
onParentMessage(({ kind, value }) => {
  if (kind === "release") feed.release(value);
});
process.on("disconnect", () => process.exit(0));

const validity = { validFromMs: Date.now() - 3_600_000, validToMs: Date.now() + 86_400_000 };
const authority = createAuthority({ commonName: "tidings bench", ...validity });
const certificate = authority.issue({ commonName: "127.0.0.1", ipAddresses: ["127.0.0.1"], ...validity });
writeFileSync(join(directory, "ca.crt"), authority.caPem);
writeFileSync(join(directory, "token"), "bench");
const face = await serveHttp(feed.http, { tls: { certificate }, http2: true });
tellParent("port", face.port);

async function ringFeed(lines: number): Promise<Feed> {
  const ring = await EventRing.of(corpusEvents(lines));
  tellParent("lineBytes", ring.lineBytes);
  return createFeed(ring, () => {
    watches += 1;
    tellParent("watching", watches);
  });
}

async function storedFeed(events: number): Promise<Feed> {
  const log = new RevisionLog({ firstRevision });
  for await (const { event } of corpusEvents(events)) log.put(event);
  return { http: createApiServer(log, systemRuntime).http, release: () => {} };
}
