import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { runAll, type Component } from "../../../src/lifecycle/run-all.ts";
import { Simulator } from "../../simulation/simulator.ts";

/** What happened, in order, and components that tell of it. */
class Stage {
  readonly simulator = new Simulator(1);
  readonly runtime = this.simulator.runtime();
  readonly stop = new AbortController();
  readonly log: string[] = [];

  /** Runs until it is stopped and for `stopMs` beyond; or until `endsAfterMs`, then fails with `error` if there is one. */
  part(
    name: string,
    options: { stopMs?: number; endsAfterMs?: number; error?: Error; stopWithinMs?: number } = {},
  ): Component {
    const { stopMs = 0, endsAfterMs = Infinity, error, stopWithinMs } = options;
    return {
      name,
      ...(stopWithinMs === undefined ? {} : { stopWithinMs }),
      run: async (signal) => {
        this.log.push(`${name} starts`);
        if (endsAfterMs < Infinity) await this.runtime.sleep(endsAfterMs, signal);
        else await new Promise((resolve) => signal.addEventListener("abort", resolve));
        if (signal.aborted) this.log.push(`${name} stops`);
        // Not by the signal, which has aborted: as one who still has work to put away.
        if (stopMs > 0) await new Promise<void>((resolve) => this.simulator.schedule(stopMs, resolve));
        if (error !== undefined) throw error;
        this.log.push(`${name} ended`);
      },
    };
  }

  stopAt(atMs: number): void {
    this.simulator.schedule(atMs, () => this.stop.abort());
  }

  async run(components: readonly Component[]): Promise<unknown> {
    let result: unknown;
    const ended = runAll(components, this.stop.signal, this.runtime).then((end) => (result = end));
    assert.ok(await this.simulator.run(() => result !== undefined, 600_000), "runAll does not end");
    return await ended;
  }
}

suite("run-all", () => {
  test("starts in order, stops the last first and waits for each before the next", async () => {
    const stage = new Stage();
    stage.stopAt(1000);
    const parts = [
      stage.part("outlet", { stopMs: 50 }),
      stage.part("middle"),
      stage.part("inlet", { stopMs: 500 }),
    ];
    assert.deepEqual(await stage.run(parts), { kind: "stopped" });
    assert.deepEqual(stage.log, [
      "outlet starts",
      "middle starts",
      "inlet starts",
      "inlet stops",
      "inlet ended",
      "middle stops",
      "middle ended",
      "outlet stops",
      "outlet ended",
    ]);
  });

  test("the first failure stops all, in the same order", async () => {
    const stage = new Stage();
    const error = new Error("out of luck");
    const parts = [
      stage.part("outlet"),
      stage.part("middle", { endsAfterMs: 10, error }),
      stage.part("inlet"),
    ];
    assert.deepEqual(await stage.run(parts), { kind: "failed", faults: [{ component: "middle", error }] });
    assert.deepEqual(stage.log.slice(3), ["inlet stops", "inlet ended", "outlet stops", "outlet ended"]);
  });

  test("what fails while stopping is told as well", async () => {
    const stage = new Stage();
    const first = new Error("first");
    const second = new Error("second");
    const parts = [
      stage.part("outlet", { error: second }),
      stage.part("inlet", { endsAfterMs: 10, error: first }),
    ];
    assert.deepEqual(await stage.run(parts), {
      kind: "failed",
      faults: [
        { component: "inlet", error: first },
        { component: "outlet", error: second },
      ],
    });
  });

  test("a component that comes to its end ends the run", async () => {
    const stage = new Stage();
    const parts = [stage.part("outlet"), stage.part("recording", { endsAfterMs: 10 })];
    assert.deepEqual(await stage.run(parts), { kind: "finished", component: "recording" });
    assert.deepEqual(stage.log.slice(2), ["recording ended", "outlet stops", "outlet ended"]);
  });

  test("one that does not stop in its time does not keep the others from stopping", async () => {
    const stage = new Stage();
    stage.stopAt(0);
    const parts = [
      stage.part("outlet", { stopMs: 30_000 }),
      stage.part("inlet", { stopMs: 3_600_000, stopWithinMs: 5000 }),
    ];
    const end = await stage.run(parts);
    assert.deepEqual(stage.log.slice(2), ["inlet stops", "outlet stops", "outlet ended"]);
    assert.deepEqual(end, {
      kind: "failed",
      faults: [{ component: "inlet", error: new Error("inlet did not stop within 5000 ms") }],
    });
  });

  test("stopped before it starts, it starts nothing", async () => {
    const stage = new Stage();
    stage.stop.abort();
    assert.deepEqual(await stage.run([stage.part("outlet")]), { kind: "stopped" });
    assert.deepEqual(stage.log, []);
  });

  test("a component that throws before its first wait is a failure like any other", async () => {
    const stage = new Stage();
    const error = new Error("at once");
    const broken: Component = {
      name: "broken",
      run: () => {
        throw error;
      },
    };
    assert.deepEqual(await stage.run([stage.part("outlet"), broken]), {
      kind: "failed",
      faults: [{ component: "broken", error }],
    });
  });
});
