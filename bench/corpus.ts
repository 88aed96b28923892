/**
 * Distinct Events from a recording of a real cluster (recordings/incident.jsonl.gz). Each is one of the recorded Events
 * with its own name, uids, object and (one of 40 variants of its) namespace, in the message too; the last five
 * characters of a pod's name change as they do in a cluster. Everything else, with the managed fields, stays as the API
 * server sent it. Times are moved so that the newest Event is of now. The same number gives the same Events, but for
 * the times.
 */
import { fileURLToPath } from "node:url";

import type { KubernetesEvent } from "../src/model/kubernetes-event.ts";
import { readRecording } from "../src/source/recording.ts";
import { movedEvent } from "../src/standin/moved-event.ts";
import { createRandom, type Random } from "./random.ts";

export interface CorpusEvent {
  readonly type: "ADDED" | "MODIFIED";
  readonly event: KubernetesEvent;
}

const recordingPath = fileURLToPath(new URL("../recordings/incident.jsonl.gz", import.meta.url));
const namespacesPerRecorded = 40;
/** Of a nanosecond in hexadecimal: changes within a second, as in `web-1.18a2f…`. */
export const nameDigits = 7;

export async function* corpusEvents(count: number): AsyncGenerator<CorpusEvent, void> {
  const recorded: CorpusEvent[] = [];
  const { frames } = await readRecording(recordingPath);
  let newestMs = 0;
  for await (const { type, object, atMs } of frames) {
    // Half of a real stream is the end of Events' TTL, which is not parsed: here is only what costs.
    if (type !== "DELETED") recorded.push({ type, event: object });
    newestMs = atMs;
  }
  const bySeconds = Math.floor((Date.now() - newestMs) / 1000);
  const random = createRandom(1);
  for (let index = 0; index < count; index += 1) {
    const one = recorded[index % recorded.length];
    if (one === undefined) return;
    yield { type: one.type, event: varied(movedEvent(one.event, bySeconds), index, random) };
  }
}

function varied(event: KubernetesEvent, index: number, random: Random): KubernetesEvent {
  const { namespace, name, uid } = event.metadata;
  const object = event.regarding?.name ?? "";
  const objectUid = event.regarding?.uid ?? "";
  const otherObject = /-[a-z0-9]{5}$/.test(object)
    ? `${object.slice(0, -5)}${random.letters(5)}`
    : `${object}-${index % 1000}`;
  const otherName = `${name.split(".")[0] === object ? otherObject : name.split(".")[0]}.${nanosOf(name, index)}`;
  const replacements: readonly (readonly [string, string])[] = [
    [`"name":"${name}"`, `"name":"${otherName}"`],
    [uid, random.uuid()],
    [objectUid, random.uuid()],
    [`"namespace":"${namespace}"`, `"namespace":"${namespace}-${index % namespacesPerRecorded}"`],
    [object, otherObject],
  ];
  let text = JSON.stringify(event);
  for (const [from, to] of replacements) if (from !== "") text = text.replaceAll(from, to);
  const variant: KubernetesEvent = JSON.parse(text);
  return variant;
}

/** The recorded second with another fraction, so that the name still tells the time of the first occurrence. */
function nanosOf(name: string, index: number): string {
  const recorded = BigInt(`0x${/\.([0-9a-f]{15,16})$/.exec(name)?.[1] ?? "0"}`);
  const second = (recorded / 1_000_000_000n) * 1_000_000_000n;
  const mask = (1n << BigInt(nameDigits * 4)) - 1n;
  return (((second + 300_000_000n) & ~mask) | (BigInt(index) & mask)).toString(16);
}
