import { setTimeout as sleep } from "node:timers/promises";

import { ringLines } from "./end-to-end.ts";
import { startStand } from "./stand.ts";
import { startSubject, type Subject } from "./subjects.ts";
import { megabytes, table, whole } from "./table.ts";
import { peakResidentBytes, residentBytes } from "./usage.ts";

export interface MemoryOptions {
  /** Played in one watch. */
  readonly events: number;
  /** Memory is looked at after each so many. */
  readonly sampleEvery: number;
  /** Stored Events at the start, one run each. */
  readonly stored: readonly number[];
  readonly subject: Subject;
}

/** Whether memory depends on how much has come, or on how much is stored. */
export async function memory(options: MemoryOptions, say: (line: string) => void): Promise<string> {
  const watched = await watchedMemory(options, say);
  const stored: string[][] = [];
  for (const events of options.stored) {
    const row = await storedMemory(events, options.subject);
    say(`  ${row.join(", ")}`);
    stored.push(row);
  }
  return [
    `one watch of ${whole(options.events)} Events, as fast as they are read (${options.subject})`,
    "",
    table(["after events", "resident", "peak so far"], watched),
    "",
    "Events stored when it starts, all exported",
    "",
    table(["stored", "events/s", "peak"], stored),
  ].join("\n");
}

async function watchedMemory(options: MemoryOptions, say: (line: string) => void): Promise<string[][]> {
  await using stand = await startStand("ring", ringLines);
  await using child = startSubject(options.subject, stand, options.events);
  await stand.feeder.until("watching", 1, 60_000);
  await sleep(2000);
  const rows: string[][] = [];
  const look = (label: string): void => {
    const row = [label, megabytes(residentBytes(child.pid)), megabytes(peakResidentBytes(child.pid))];
    say(`  ${row.join(", ")}`);
    rows.push(row);
  };
  look("0 (idle)");
  stand.feeder.tell("release", options.events);
  for (let seen = options.sampleEvery; seen <= options.events; seen += options.sampleEvery) {
    await stand.sink.until("records", seen, 120_000);
    look(whole(seen));
  }
  return rows;
}

async function storedMemory(events: number, subject: Subject): Promise<string[]> {
  await using stand = await startStand("stored", events);
  await using child = startSubject(subject, stand, events);
  await stand.sink.until("records", 1, 60_000);
  const startMs = performance.now();
  await stand.sink.until("records", events, 300_000);
  const seconds = (performance.now() - startMs) / 1000;
  const pace = events > 10_000 ? whole(events / seconds) : "";
  return [whole(events), pace, megabytes(peakResidentBytes(child.pid))];
}
