/** The OTLP endpoint of a bench: counts records, and says how many after each request. */
import { systemRuntime } from "../../src/shared/system-runtime.ts";
import { serveHttp } from "../../src/standin/face.ts";
import { createOtlpReceiver } from "../../src/standin/otlp-receiver.ts";
import { onParentMessage, tellParent } from "../child.ts";

const receiver = createOtlpReceiver(systemRuntime, { remember: "count" });
onParentMessage(({ kind }) => {
  if (kind === "clear") receiver.clear();
});
process.on("disconnect", () => process.exit(0));

const face = await serveHttp(
  async (request, signal) => {
    const response = await receiver.http(request, signal);
    tellParent("records", receiver.recordCount);
    tellParent("bytes", receiver.byteCount);
    return response;
  },
  { http2: false },
);
tellParent("port", face.port);
