import { join } from "node:path";

import { ensureBinary } from "./build.ts";
import { flags } from "./flags.ts";
import type { LabFolder } from "./lab-folder.ts";
import { LabProcess } from "./lab-process.ts";
import { freePorts } from "./ports.ts";
import { renderConfig } from "./rendered-config.ts";

/**
 * An OpenTelemetry Collector whose answer is Loki's answer: 200 when it is stored, 503 while Loki is away, 400 with
 * Loki's words for a refusal.
 */
export class Collector extends LabProcess {
  /** Base URL for OTLP over HTTP. */
  readonly url: string;

  private constructor(folder: LabFolder, command: string, config: string, url: string, healthPort: number) {
    super({
      name: "otelcol",
      command,
      args: flags({ config }),
      folder,
      isReady: async () => (await fetch(`http://127.0.0.1:${healthPort}/`)).status === 200,
      readyWithinMs: 30_000,
    });
    this.url = url;
  }

  /** It listens on `ip` for OTLP. */
  static async create(folder: LabFolder, lokiUrl: string, ip = "127.0.0.1"): Promise<Collector> {
    const command = await ensureBinary("otelcol");
    const data = join(folder.path, "otelcol");
    const [http = 0, grpc = 0, health = 0, metrics = 0] = await freePorts(4);
    const config = await renderConfig("otelcol-acked.yaml", data, {
      OTELCOL_DATA: data,
      OTLP_IP: ip,
      OTLP_HTTP_PORT: http,
      OTLP_GRPC_PORT: grpc,
      OTELCOL_HEALTH_PORT: health,
      OTELCOL_METRICS_PORT: metrics,
      LOKI_URL: lokiUrl,
    });
    return new Collector(folder, command, config, `http://${ip}:${http}`, health);
  }
}
