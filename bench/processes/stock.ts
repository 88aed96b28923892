/**
 * What one gets from the libraries as they come: client-node's Watch, the OpenTelemetry SDK's logger with its batch
 * processor and its OTLP/HTTP protobuf exporter. `stock.ts KUBECONFIG EVENTS QUEUE`, where a QUEUE of 0 leaves the batch
 * processor's queue at its default, 2,048 records. Endpoint and gzip come by OTEL_EXPORTER_OTLP_….
 */
import { KubeConfig, Watch } from "@kubernetes/client-node";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";

import type { KubernetesEvent } from "../../src/model/kubernetes-event.ts";
import { tellParent } from "../child.ts";
import { firstRevision } from "../event-ring.ts";

const [kubeconfig = "", events = "0", queue = "0"] = process.argv.slice(2);

const exporter = new OTLPLogExporter();
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ "service.name": "kubernetes-events", "k8s.cluster.name": "bench" }),
  processors: [
    new BatchLogRecordProcessor({ exporter, ...(queue === "0" ? {} : { maxQueueSize: Number(queue) }) }),
  ],
});
const logger = provider.getLogger("stock");

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
let read = 0;
await new Watch(config).watch(
  "/apis/events.k8s.io/v1/events",
  { resourceVersion: String(firstRevision), timeoutSeconds: 290 },
  (_phase: string, event: KubernetesEvent) => {
    emit(event);
    read += 1;
    if (read === Number(events)) void provider.forceFlush().then(() => tellParent("done", read));
  },
  () => {},
);

/** The attributes of the Collector's k8s_events receiver, and its time of the event. */
function emit(event: KubernetesEvent): void {
  const { metadata, regarding } = event;
  const time = event.deprecatedLastTimestamp ?? event.eventTime ?? metadata.creationTimestamp ?? "";
  logger.emit({
    timestamp: new Date(time),
    severityNumber: event.type === "Warning" ? 13 : 9,
    severityText: event.type ?? "",
    body: event.note ?? "",
    eventName: "k8s.event",
    attributes: {
      "k8s.event.name": metadata.name,
      "k8s.event.uid": metadata.uid,
      "k8s.event.reason": event.reason ?? "",
      "k8s.event.action": event.action ?? "",
      "k8s.event.type": event.type ?? "",
      "k8s.event.count": event.deprecatedCount ?? 1,
      "k8s.event.start_time": metadata.creationTimestamp ?? "",
      "k8s.event.reporting_controller": event.reportingController ?? "",
      "k8s.event.reporting_instance": event.reportingInstance ?? "",
      "k8s.namespace.name": metadata.namespace,
      "k8s.object.kind": regarding?.kind ?? "",
      "k8s.object.name": regarding?.name ?? "",
      "k8s.object.uid": regarding?.uid ?? "",
      "k8s.object.api_version": regarding?.apiVersion ?? "",
      "k8s.object.resource_version": regarding?.resourceVersion ?? "",
      "k8s.object.fieldpath": regarding?.fieldPath ?? "",
    },
  });
}
