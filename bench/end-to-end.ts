import { setTimeout as sleep } from "node:timers/promises";

import { startStand, type Stand } from "./stand.ts";
import { median, spread } from "./statistics.ts";
import { isTidings, startSubject, type Subject } from "./subjects.ts";
import { megabytes, range, table, whole } from "./table.ts";
import { cpuSeconds, peakResidentBytes, residentBytes } from "./usage.ts";

export interface EndToEndOptions {
  /** Played in one measurement. */
  readonly events: number;
  readonly rounds: number;
  readonly subjects: readonly Subject[];
}

/** One run of one subject. */
export interface Run {
  readonly eventsPerSecond: number;
  /** µs of the measured process, all its threads. */
  readonly cpuPerEvent: number;
  /** µs of the feeder and the sink together, which share the cores. */
  readonly othersPerEvent: number;
  /** At the sink. */
  readonly delivered: number;
  /** Compressed bytes a record at the sink. */
  readonly wireBytes: number;
  readonly idleBytes: number;
  readonly peakBytes: number;
}

/** Lines that differ in everything; then uid, name and resourceVersion alone change. */
export const ringLines = 20_000;
/** Until what a process did to start is done. */
const settleMs = 2000;

/** Plays the same Events to each subject in turn, round after round, and gives the table. */
export async function endToEnd(options: EndToEndOptions, say: (line: string) => void): Promise<string> {
  await using stand = await startStand("ring", ringLines);
  const runs = new Map<Subject, Run[]>(options.subjects.map((subject) => [subject, []]));
  // The feeder and the sink, too, have to be warm.
  await measure(stand, "reading", Math.min(50_000, options.events));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [subject, done] of runs) {
      const run = await measure(stand, subject, options.events);
      done.push(run);
      const { eventsPerSecond, cpuPerEvent, delivered, idleBytes, peakBytes } = run;
      say(
        `  round ${round}, ${subject}: ${whole(eventsPerSecond)} events/s, ${cpuPerEvent.toFixed(1)} µs/event, ` +
          `${whole(delivered)} delivered, ${megabytes(idleBytes)} idle, ${megabytes(peakBytes)} peak`,
      );
    }
  }
  const size = Math.round(stand.feeder.heard("lineBytes"));
  return [
    `${whole(options.events)} Events of ${whole(size)} bytes, ${options.rounds} rounds; median (least-most)`,
    "",
    table(
      [
        "",
        "events/s",
        "CPU µs/event",
        "x reading",
        "others' CPU µs/event",
        "delivered",
        "lost",
        "CPU µs/delivered",
        "wire B/record",
        "idle",
        "peak",
      ],
      [...runs].map(([subject, done]) => rowOf(subject, done, runs.get("reading") ?? [], options.events)),
    ),
  ].join("\n");
}

function rowOf(
  subject: Subject,
  runs: readonly Run[],
  reading: readonly Run[],
  events: number,
): readonly string[] {
  const each = (read: (run: Run) => number): readonly number[] => runs.map(read);
  const middle = (read: (run: Run) => number): number => median(each(read));
  const cpu = each((run) => run.cpuPerEvent);
  const delivered = middle((run) => run.delivered);
  // Within one round, so that what else the machine did is in both.
  const ratios = runs.map((run, index) => run.cpuPerEvent / (reading[index]?.cpuPerEvent ?? Number.NaN));
  const exports = subject !== "reading";
  return [
    subject,
    range(
      middle((run) => run.eventsPerSecond),
      spread(each((run) => run.eventsPerSecond)),
    ),
    range(median(cpu), spread(cpu), 1),
    median(ratios).toFixed(2),
    middle((run) => run.othersPerEvent).toFixed(1),
    exports ? whole(delivered) : "",
    exports ? whole(events - delivered) : "",
    exports ? middle((run) => (run.cpuPerEvent * events) / run.delivered).toFixed(1) : "",
    exports ? whole(middle((run) => run.wireBytes)) : "",
    megabytes(middle((run) => run.idleBytes)),
    megabytes(middle((run) => run.peakBytes)),
  ];
}

/** One subject from its start to its end, with `events` played to it as fast as it reads. */
export async function measure(stand: Stand, subject: Subject, events: number): Promise<Run> {
  const { feeder, sink } = stand;
  feeder.tell("release", 0);
  sink.tell("clear", 0);
  const watches = feeder.heard("watching");
  await using child = startSubject(subject, stand, events);
  await feeder.until("watching", (Number.isNaN(watches) ? 0 : watches) + 1, 60_000);
  await sleep(settleMs);
  sink.forget("records");
  sink.forget("bytes");

  const idleBytes = residentBytes(child.pid);
  const cpuBefore = cpuSeconds(child.pid);
  const othersBefore = cpuSeconds(feeder.pid) + cpuSeconds(sink.pid);
  const startMs = performance.now();
  feeder.tell("release", events);
  if (isTidings(subject)) await sink.until("records", events, 120_000);
  else await child.until("done", events, 120_000);
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = cpuSeconds(child.pid) - cpuBefore;
  const others = cpuSeconds(feeder.pid) + cpuSeconds(sink.pid) - othersBefore;
  const peakBytes = peakResidentBytes(child.pid);

  // Its last word may still be on its way; and whatever comes twice would come now.
  await sleep(300);
  const delivered = sink.heard("records");
  return {
    eventsPerSecond: events / seconds,
    cpuPerEvent: (cpu / events) * 1e6,
    othersPerEvent: (others / events) * 1e6,
    delivered,
    wireBytes: sink.heard("bytes") / delivered,
    idleBytes,
    peakBytes,
  };
}
