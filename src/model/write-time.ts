import { secondsOrNaN } from "../shared/rfc3339.ts";
import type { KubernetesEvent, ObjectMeta } from "./kubernetes-event.ts";

/**
 * When the API server wrote this state of the Event, in ms by that server's clock: the newest time of its managed fields,
 * or its creation. 0 where it has neither.
 */
export function writeTimeMs({ metadata }: KubernetesEvent): number {
  const seconds = laterSeconds(secondsOrNaN(metadata.creationTimestamp), managedSecondsOf(metadata));
  return Number.isNaN(seconds) ? 0 : seconds * 1000;
}

/** The newest time in the managed fields, in seconds; NaN where there is none. */
export function managedSecondsOf({ managedFields }: ObjectMeta): number {
  let seconds = Number.NaN;
  if (managedFields === undefined) return seconds;
  for (const { time } of managedFields) seconds = laterSeconds(seconds, secondsOrNaN(time));
  return seconds;
}

/** NaN, which is no time, is before every other. */
export function laterSeconds(a: number, b: number): number {
  return a > b || Number.isNaN(b) ? a : b;
}
