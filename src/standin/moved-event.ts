import type { KubernetesEvent } from "../model/kubernetes-event.ts";

/**
 * The same Event as if everything about it had happened so many whole seconds later: the emitter's times, the API
 * server's times, and the emitter's clock in the name (`web-1.18a2f…`, hexadecimal nanoseconds) where it agrees with
 * them. Whole seconds, so that no resolution is lost or made up. All other fields stay as they are.
 */
export function movedEvent(event: KubernetesEvent, bySeconds: number): KubernetesEvent {
  const { metadata, series } = event;
  return {
    ...event,
    metadata: {
      ...metadata,
      name: movedName(event, bySeconds),
      ...movedField(metadata, "creationTimestamp", bySeconds),
      ...(metadata.managedFields === undefined
        ? {}
        : {
            managedFields: metadata.managedFields.map((entry) => movedEntry(entry, bySeconds)),
          }),
    },
    ...movedField(event, "eventTime", bySeconds),
    ...movedField(event, "deprecatedFirstTimestamp", bySeconds),
    ...movedField(event, "deprecatedLastTimestamp", bySeconds),
    ...(typeof series?.lastObservedTime === "string"
      ? { series: { ...series, lastObservedTime: movedTime(series.lastObservedTime, bySeconds) } }
      : {}),
  };
}

/** An RFC 3339 time in UTC, moved; anything else as it is. */
export function movedTime(text: string, bySeconds: number): string {
  const [, seconds, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/.exec(text) ?? [];
  if (seconds === undefined) return text;
  const movedMs = Date.parse(`${seconds}Z`) + bySeconds * 1000;
  return `${new Date(movedMs).toISOString().slice(0, 19)}${fraction}Z`;
}

function movedField<K extends string>(
  owner: { readonly [key in K]?: string | null },
  key: K,
  bySeconds: number,
): { readonly [key in K]?: string } {
  const text: string | null | undefined = owner[key];
  if (text === undefined || text === null) return {};
  const moved: { [key in K]?: string } = {};
  moved[key] = movedTime(text, bySeconds);
  return moved;
}

function movedEntry<T extends { readonly time?: string | null }>(entry: T, bySeconds: number): T {
  return { ...entry, ...movedField(entry, "time", bySeconds) };
}

/** client-go names an Event by its object and the nanoseconds of its first occurrence (tools/record, tools/events). */
function movedName(event: KubernetesEvent, bySeconds: number): string {
  const { name } = event.metadata;
  const [, object, digits] = /^(.+)\.([0-9a-f]{15,16})$/.exec(name) ?? [];
  if (object === undefined || digits === undefined) return name;
  const nanos = BigInt(`0x${digits}`);
  const first = event.deprecatedFirstTimestamp ?? event.eventTime ?? "";
  const firstSeconds = Math.floor(Date.parse(first) / 1000);
  if (Number(nanos / 1_000_000_000n) !== firstSeconds) return name;
  return `${object}.${(nanos + BigInt(bySeconds) * 1_000_000_000n).toString(16)}`;
}
